"""What a remote gave back damaged, and settings of remotes: one line with file and cure."""

import hashlib
import json

import pytest

from refusals import refused
from selfverify.versioning import integrity
from selfverify.versioning.integrity import refuse_damaged_files

WHOLE = json.dumps([{"md5": "0123", "relpath": "x"}])
DIGEST = hashlib.md5(WHOLE.encode()).hexdigest()
LOCK = f"""\
stages:
  a:
    outs:
    - {{path: data/a, md5: {DIGEST}.dir}}
    - {{path: data/b, md5: 0123456789abcdef0123456789abcdef}}
"""
LISTINGS = {
    "half": '[{"md5": "0123',
    "empty": "",
    "a word": "x",
    "a mapping": '{"a": 1}',
    "numbers": "[1, 2]",
    "no path": '[{"md5": "0123"}]',
    "no MD5": '[{"relpath": "x"}]',
    "binary": "\x00\x01",
    "outside": '[{"md5": "0123", "relpath": "../../x"}]',
    "absolute": '[{"md5": "0123", "relpath": "/etc/passwd"}]',
    "another file of it": WHOLE.replace("x", "y"),
    "a page": "<html>please log in</html>",
}


@pytest.fixture
def pulled(tmp_path, monkeypatch):
    """Where a clone's cache lists a folder, with which DVC restored a file."""
    monkeypatch.chdir(tmp_path)
    listing = tmp_path / f"cache/files/md5/{DIGEST[:2]}/{DIGEST[2:]}.dir"
    listing.parent.mkdir(parents=True)
    listing.write_text(WHOLE)
    monkeypatch.setattr(integrity, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "dvc.lock").write_text(LOCK)
    (tmp_path / "data/a").mkdir(parents=True)
    return listing


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_of_a_folder_that_was_damaged_is_named(pulled, tmp_path, name):
    pulled.write_text(LISTINGS[name])
    refused(
        "remotes", lambda: refuse_damaged_files([tmp_path / "dvc.lock"], ()), "data/a", "dvc pull"
    )


@pytest.mark.parametrize("data", [b"", b"version https://git-lfs", b"<html>", bytes(1000)])
@pytest.mark.parametrize("place", ["data/b", "data/a/x"])
def test_a_file_that_was_damaged_on_the_way_is_named(pulled, tmp_path, data, place):
    (tmp_path / place).write_bytes(data)
    refused("remotes", lambda: refuse_damaged_files([tmp_path / "dvc.lock"], ()), place, "dvc pull")


@pytest.mark.parametrize("value", ["maybe", "2", "tru"])
def test_a_setting_of_a_remote_that_is_no_truth_is_named(pulled, tmp_path, value):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(
        f"['remote \"store\"']\n    url = x\n    verify = {value}\n"
    )
    refused("remotes", lambda: refuse_damaged_files([], ()), "store", "verify", "mend")
