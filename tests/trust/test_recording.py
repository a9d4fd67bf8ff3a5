"""What one run could not record, the next one does; repositories of every shape are found."""

import errno
import fcntl
import os
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from repository import ROOT
from selfverify.errors import InputError
from selfverify.storage.checkpoints import verify_checkpoint
from selfverify.storage.files import atomic_path, is_inside
from selfverify.versioning.adoption import STAMP, _read_stamp
from selfverify.versioning.clock import set_time
from selfverify.versioning.dvc import commit, is_dvc_repository
from selfverify.versioning.pending import (
    UNRECORDED,
    forget_unrecorded,
    note_unrecorded,
    unrecorded,
)
from selfverify.versioning.stages import Stage
from study import dvc, git


def test_stages_wait_until_they_are_recorded_track_by_track(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    note_unrecorded("mini", ["audio", "results"])
    note_unrecorded("paper", ["audio"])
    forget_unrecorded("mini", ["audio"])
    assert (unrecorded("mini"), unrecorded("paper")) == ({"results"}, {"audio"})


@pytest.mark.parametrize("data", [b"", b'{"mini": [', b"[1]", b"\xff"])
def test_of_a_list_that_was_cut_off_every_stage_waits(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    UNRECORDED.parent.mkdir()
    UNRECORDED.write_bytes(data)
    assert unrecorded("mini", known=["audio", "results"]) == {"audio", "results"}
    note_unrecorded("mini", [], known=["audio", "results"])
    forget_unrecorded("mini", ["audio"])
    assert unrecorded("mini") == {"results"}


@pytest.mark.parametrize("data", [b"", b'{"fingerp', b"[1]", b"\xff"])
def test_a_stamp_that_was_cut_off_is_none(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    STAMP.parent.mkdir()
    STAMP.write_bytes(data)
    assert _read_stamp() == {}


@pytest.mark.parametrize("git", ["folder", "file", "above", "none"])
def test_clones_worktrees_and_folders_of_larger_repositories_are_found(tmp_path, monkeypatch, git):
    study = tmp_path / "study"
    (study / ".dvc").mkdir(parents=True)
    if git == "folder":
        (study / ".git").mkdir()
    elif git == "file":
        (study / ".git").write_text("gitdir: /x")
    elif git == "above":
        (tmp_path / ".git").mkdir()
    monkeypatch.chdir(study)
    assert is_dvc_repository() == (git != "none")


def test_a_read_only_cache_keeps_its_times_and_nothing_breaks(tmp_path, monkeypatch):
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    real = os.utime

    def utime(path, times, *, follow_symlinks=True):
        if follow_symlinks:
            raise OSError(errno.EROFS, "Read-only file system")
        real(path, times, follow_symlinks=False)

    monkeypatch.setattr(os, "utime", utime)
    set_time(str(tmp_path / "link"), 1000.0)
    assert (tmp_path / "link").lstat().st_mtime == 1000.0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_more_is_one_line_and_leaves_what_was_there(tmp_path, number):
    path = tmp_path / "table"
    path.write_text("old")
    with pytest.raises(InputError, match="table cannot be written"), atomic_path(path) as part:
        part.write_text("half")
        raise OSError(number, os.strerror(number))
    assert [p.name for p in tmp_path.iterdir()] == ["table"]
    assert path.read_text() == "old"


@given(st.lists(st.sampled_from(["a", "..", ".", "b c"]), min_size=1, max_size=5))
def test_a_path_is_inside_only_if_it_never_leaves(parts):
    path = "/".join(parts)
    if is_inside(path):
        assert os.path.normpath(os.path.join("/r", path)).startswith("/r/")
    assert not is_inside("/" + path)


def test_a_clone_with_windows_line_ends_has_the_same_bytes(tmp_path):
    clone = tmp_path / "crlf"
    folder = "data/mini/checkpoints/mini-llasa"
    command = ["git", "-c", "core.autocrlf=true", "clone", "-q", "--depth", "1", f"file://{ROOT}"]
    subprocess.run([*command, str(clone)], check=True, capture_output=True)
    verify_checkpoint(clone / folder)
    assert b"\r\n" not in (clone / "Makefile").read_bytes()


@pytest.fixture
def one_stage(tmp_path, monkeypatch):
    """A repository with a file of one stage, which is not committed yet."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    dvc(tmp_path, "init", "-q")
    (tmp_path / "x").write_text("x")
    content = {"stages": {"a": {"cmd": "true", "outs": ["x"]}}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


def test_locks_of_dvc_that_a_full_disk_cut_off_do_not_block_it_for_good(one_stage):
    (one_stage / ".dvc/tmp/rwlock").write_text('{"a": [{"pid": 1')
    assert commit([Stage("a", ("x",))], one_stage / "dvc.yaml") == ["a"]
    assert (one_stage / "dvc.lock").exists()


def test_a_dvc_that_is_busy_is_told_with_the_cure(one_stage):
    with (one_stage / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=r"nable to acquire lock.*; wait for the other `dvc`"):
            commit([Stage("a", ("x",))], one_stage / "dvc.yaml")
    assert commit([Stage("a", ("x",))], one_stage / "dvc.yaml") == ["a"]
