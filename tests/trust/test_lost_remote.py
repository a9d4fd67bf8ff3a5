"""A remote that is lost in the middle of a push or a pull: no half file, and it can be finished."""

import shutil

import numpy as np
import pytest

from breaking_line import breaking_line
from s3_server import BUCKET, CREDENTIALS
from small_study import final_bytes
from study import NOTHING, commit_all, dvc, git, run_all, tool

pytestmark = pytest.mark.workflow

NUM_LOSSES = 2  # of each kind


@pytest.fixture
def line(s3):
    with breaking_line(s3.url) as line:
        yield line


@pytest.fixture
def owner(undisturbed, line, tmp_path):
    """The small study, committed, whose remote is reached by the line."""
    folder = shutil.copytree(undisturbed.folder, tmp_path / "owner", symlinks=True)
    dvc(folder, "remote", "add", "-q", "-f", "-d", "bucket", f"s3://{BUCKET}/small")
    commit_all(folder, "Share through the bucket")
    return with_line(folder, line)


def with_line(folder, line):
    settings = {"endpointurl": line.url, "connect_timeout": "2", "read_timeout": "5"}
    for name, value in settings.items():
        dvc(folder, "remote", "modify", "--local", "bucket", name, value)
    return folder


def num_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def lose(folder, command, line, num_left):
    """Runs a command of DVC while the line breaks; what it says."""
    line.break_after(num_left)
    process = tool(folder, "dvc", command, **CREDENTIALS, AWS_MAX_ATTEMPTS="1")
    line.mend()
    assert process.returncode != 0
    assert "ERROR" in process.stderr
    assert "Traceback" not in process.stderr
    return process.stderr


def test_a_remote_lost_in_the_middle_loses_nothing(undisturbed, owner, s3, line, tmp_path, tell):
    rng = np.random.default_rng(2606)
    size, numbers = num_bytes(owner / ".dvc/cache/files"), []
    for fraction in np.sort(rng.uniform(0.05, 0.9, NUM_LOSSES)) / NUM_LOSSES:
        lose(owner, "push", line, int(size * fraction))
        numbers.append(len(s3.keys()))
    dvc(owner, "push", "-q", **CREDENTIALS)
    numbers.append(len(s3.keys()))

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(owner), str(clone))
    with_line(clone, line)
    for fraction in np.sort(rng.uniform(0.05, 0.9, NUM_LOSSES)) / NUM_LOSSES:
        lose(clone, "pull", line, int(size * fraction))
        there = final_bytes(clone)
        numbers.append(len(there))
        assert [name for name in there if there[name] != undisturbed.files[name]] == []
    dvc(clone, "pull", "-q", **CREDENTIALS)
    assert final_bytes(clone) == undisturbed.files
    assert NOTHING in run_all(clone)
    *pushed, whole = numbers[: NUM_LOSSES + 1]
    pulled = numbers[NUM_LOSSES + 1 :]
    tell(
        f"remotes lost and survived: pushes {NUM_LOSSES}, pulls {NUM_LOSSES}; objects there "
        f"{pushed} of {whole}, files there {pulled} of {len(undisturbed.files)}; half files 0"
    )
