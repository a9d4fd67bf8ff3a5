"""DVC remotes: S3, against a real server process on loopback."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3_server import BUCKET, CREDENTIALS, SECRET, Server, running_server
from study import NOTHING, commit_all, copy_of, dvc, git, run_all, snakemake, tool

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def bucket(tmp_path_factory) -> Iterator[Server]:
    """An S3 server with a bucket that all tests here share."""
    with running_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def owner(pulled, bucket, tmp_path_factory) -> Path:
    """A clone with all data, pushed to the bucket that is its default remote."""
    folder = sharing(pulled, tmp_path_factory.mktemp("sharing") / "owner", bucket, "dvc")
    dvc(folder, "push", "-q", **CREDENTIALS)
    return folder


@pytest.fixture(scope="module")
def taken(owner, bucket, tmp_path_factory) -> Path:
    """A clone of the owner's, all pulled from the bucket: DVC connects anew for each folder."""
    folder = clone_of(owner, bucket, tmp_path_factory.mktemp("taken") / "colleague")
    dvc(folder, "pull", "-q", **CREDENTIALS)
    return folder


@pytest.fixture
def colleague(taken, tmp_path) -> Path:
    """A colleague's clone with the data pulled from the bucket."""
    return copy_of(taken, tmp_path / "colleague")


def sharing(pulled: Path, folder: Path, bucket: Server, place: str) -> Path:
    """A clone with all data whose default remote is a place in the bucket; nothing is pushed."""
    copy_of(pulled, folder)
    dvc(folder, "remote", "add", "-q", "-f", "-d", "bucket", f"s3://{BUCKET}/{place}")
    commit_all(folder, "Share through the bucket")
    return with_endpoint(folder, bucket)


def with_endpoint(folder: Path, bucket: Server) -> Path:
    dvc(folder, "remote", "modify", "--local", "bucket", "endpointurl", bucket.url)
    return folder


def clone_of(owner: Path, bucket: Server, folder: Path) -> Path:
    git(folder.parent, "clone", "-q", str(owner), str(folder))
    return with_endpoint(folder, bucket)


def test_push_to_s3_clone_pull_all_has_nothing_to_do(colleague):
    assert NOTHING in run_all(colleague, **CREDENTIALS)


def test_credentials_reach_neither_logs_nor_provenance(owner, tmp_path):
    folder = copy_of(owner, tmp_path / "owner")
    script = folder / "scripts/figures/plot_failure_by_n.py"
    script.write_text(script.read_text() + "\n# edited\n")
    log = run_all(folder, **CREDENTIALS)
    assert SECRET not in log
    told = [
        path for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]  # fmt: skip
    assert told == []


def test_an_interrupted_push_is_noticed_and_named_and_can_be_finished(
    undisturbed, bucket, tmp_path
):
    owner = sharing(undisturbed.folder, tmp_path / "owner", bucket, "interrupted")
    push = subprocess.Popen(
        [str(Path(sys.executable).with_name("dvc")), "push", "-q", "-j", "1"],
        cwd=owner, env=os.environ | CREDENTIALS, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not bucket.keys("interrupted"):
        assert push.poll() is None
        time.sleep(0.02)
    os.killpg(push.pid, signal.SIGKILL)
    push.wait()
    num_pushed = len(bucket.keys("interrupted"))
    colleague = clone_of(owner, bucket, tmp_path / "colleague")
    pull = tool(colleague, "dvc", "pull", **CREDENTIALS)
    assert pull.returncode != 0
    assert "data/mini/" in pull.stderr
    dvc(owner, "push", "-q", **CREDENTIALS)
    assert len(bucket.keys("interrupted")) > num_pushed
    dvc(colleague, "pull", "-q", **CREDENTIALS)
    assert NOTHING in run_all(colleague)


@pytest.fixture
def damage(owner, bucket) -> Iterator[Callable[[str], str]]:
    """Overwrites the object of one of the owner's files and returns its key; mended in the end."""
    keys = []

    def damage_file(name: str) -> str:
        md5 = hashlib.md5((owner / name).read_bytes()).hexdigest()
        keys.append(f"dvc/files/md5/{md5[:2]}/{md5[2:]}")
        assert keys[-1] in bucket.keys("dvc")
        bucket.client.put_object(Bucket=BUCKET, Key=keys[-1], Body=b"damaged")
        return keys[-1]

    yield damage_file
    for key in keys:
        mend(bucket, owner, key)


def forget(folder: Path, name: str, key: str) -> None:
    """Leaves a clone as it was before the file was pulled."""
    for path in (folder / ".dvc/cache" / key.removeprefix("dvc/"), folder / name):
        path.unlink()


def mend(bucket: Server, owner: Path, key: str) -> None:
    cached = owner / ".dvc/cache" / key.removeprefix("dvc/")
    bucket.client.upload_file(str(cached), BUCKET, key)


@pytest.mark.parametrize(
    "name",  # in a folder that DVC tracks, and tracked by itself
    ["data/mini/candidates/mini-llasa/hard/000.parquet", "data/mini/asr/whisper-tiny.en.pt"],
)
def test_a_damaged_object_is_noticed_and_named_and_can_be_mended(
    owner, bucket, colleague, damage, name
):
    key = damage(name)
    forget(colleague, name, key)
    dvc(colleague, "pull", "-q", **CREDENTIALS)  # DVC itself sees nothing
    process = snakemake(colleague, "all")
    assert process.returncode != 0
    assert f"{name} is not the file that dvc.lock names" in process.stderr
    assert key.removeprefix("dvc/") in process.stderr

    mend(bucket, owner, key)
    cure = process.stderr.split("here: `")[1].split("`")[0]
    remove, pull = cure.split(" && ")
    subprocess.run(remove.split(), cwd=colleague, check=True)
    dvc(colleague, *pull.split()[1:], "-q", **CREDENTIALS)
    assert NOTHING in run_all(colleague)


def test_a_remote_that_verifies_refuses_a_damaged_object_at_once(colleague, damage):
    name = "data/mini/candidates/mini-llasa/hard/000.parquet"
    forget(colleague, name, damage(name))
    dvc(colleague, "remote", "modify", "--local", "bucket", "verify", "true")
    pull = tool(colleague, "dvc", "pull", **CREDENTIALS)
    assert pull.returncode != 0
    assert "data/mini/candidates/mini-llasa" in pull.stderr
