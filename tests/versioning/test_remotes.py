"""DVC remotes: S3, against a real server process on loopback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s3_server import BUCKET, CREDENTIALS, SECRET, Server
from study import NOTHING, commit_all, copy_of, dvc, git, run_all, snakemake, tool

pytestmark = pytest.mark.workflow


@pytest.fixture
def owner(pulled, s3, tmp_path) -> Path:
    """A clone with all data whose default remote is the bucket; nothing is pushed yet."""
    folder = copy_of(pulled, tmp_path / "owner")
    dvc(folder, "remote", "add", "-q", "-f", "-d", "bucket", f"s3://{BUCKET}/dvc")
    commit_all(folder, "Share through the bucket")
    return with_endpoint(folder, s3)


def with_endpoint(folder: Path, s3: Server) -> Path:
    dvc(folder, "remote", "modify", "--local", "bucket", "endpointurl", s3.url)
    return folder


def colleague_of(owner: Path, s3: Server) -> Path:
    folder = owner.parent / "colleague"
    git(owner.parent, "clone", "-q", str(owner), str(folder))
    return with_endpoint(folder, s3)


def test_push_to_s3_clone_pull_all_has_nothing_to_do(owner, s3):
    dvc(owner, "push", "-q", **CREDENTIALS)
    colleague = colleague_of(owner, s3)
    dvc(colleague, "pull", "-q", **CREDENTIALS)
    assert NOTHING in run_all(colleague, **CREDENTIALS)


def test_credentials_reach_neither_logs_nor_provenance(owner):
    script = owner / "scripts/figures/plot_failure_by_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    log = run_all(owner, **CREDENTIALS)
    assert SECRET not in log
    told = [
        path for path in owner.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]  # fmt: skip
    assert told == []


def test_an_interrupted_push_is_noticed_and_named_and_can_be_finished(owner, s3):
    push = subprocess.Popen(
        [str(Path(sys.executable).with_name("dvc")), "push", "-q", "-j", "1"],
        cwd=owner, env=os.environ | CREDENTIALS, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not s3.keys:
        assert push.poll() is None
        time.sleep(0.02)
    os.killpg(push.pid, signal.SIGKILL)
    push.wait()
    num_pushed = len(s3.keys)
    colleague = colleague_of(owner, s3)
    pull = tool(colleague, "dvc", "pull", **CREDENTIALS)
    assert pull.returncode != 0
    assert "data/mini/" in pull.stderr
    dvc(owner, "push", "-q", **CREDENTIALS)
    assert len(s3.keys) > num_pushed
    dvc(colleague, "pull", "-q", **CREDENTIALS)
    assert NOTHING in run_all(colleague)


def damage(s3: Server, owner: Path, name: str) -> str:
    """Overwrites the object of a file in the bucket; returns its key."""
    md5 = subprocess.run(
        ["md5sum", owner / name], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    key = f"dvc/files/md5/{md5[:2]}/{md5[2:]}"
    assert key in s3.keys
    s3.client.put_object(Bucket=BUCKET, Key=key, Body=b"damaged")
    return key


@pytest.mark.parametrize(
    "name",  # in a folder that DVC tracks, and tracked by itself
    ["data/mini/candidates/mini-llasa/hard/000.parquet", "data/mini/asr/whisper-tiny.en.pt"],
)
def test_a_damaged_object_is_noticed_and_named_and_can_be_mended(owner, s3, name):
    dvc(owner, "push", "-q", **CREDENTIALS)
    key = damage(s3, owner, name)
    colleague = colleague_of(owner, s3)
    dvc(colleague, "pull", "-q", **CREDENTIALS)  # DVC itself sees nothing
    process = snakemake(colleague, "all")
    assert process.returncode != 0
    assert f"{name} is not the file that dvc.lock names" in process.stderr
    assert key.removeprefix("dvc/") in process.stderr

    s3.client.upload_file(str(owner / ".dvc/cache" / key.removeprefix("dvc/")), BUCKET, key)
    cure = process.stderr.split("here: `")[1].split("`")[0]
    remove, pull = cure.split(" && ")
    subprocess.run(remove.split(), cwd=colleague, check=True)
    dvc(colleague, *pull.split()[1:], "-q", **CREDENTIALS)
    assert NOTHING in run_all(colleague)


def test_a_remote_that_verifies_refuses_a_damaged_object_at_once(owner, s3):
    dvc(owner, "push", "-q", **CREDENTIALS)
    damage(s3, owner, "data/mini/candidates/mini-llasa/hard/000.parquet")
    colleague = colleague_of(owner, s3)
    dvc(colleague, "remote", "modify", "--local", "bucket", "verify", "true")
    pull = tool(colleague, "dvc", "pull", **CREDENTIALS)
    assert pull.returncode != 0
    assert "data/mini/candidates/mini-llasa" in pull.stderr
