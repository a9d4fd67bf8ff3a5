"""A finished job, done again in another place."""

import re
import subprocess
import tempfile
from pathlib import Path

from selfverify.verification.comparison import difference
from selfverify.versioning.records import JobRecord


def recompute(job: JobRecord) -> list[str]:
    """Returns a sentence for every output of a job that it does not make again as it is.

    The job's recorded command runs on the files that are there now, its outputs in a temporary
    folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        again = {output: Path(folder) / output for output in job.outputs}
        for path in again.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        process = subprocess.run(
            ["bash", "-c", _redirected(job.command, again)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if process.returncode:
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            return [f"{job.outputs[0]} cannot be made again: {last}"]
        found = [difference(Path(output), path) for output, path in again.items()]
    return [problem for problem in found if problem]


def _redirected(command: str, again: dict[str, Path]) -> str:
    """The command with other outputs, and without the copy of its messages into the log."""
    command = command.partition(" 2>&1 | tee ")[0]
    for output, path in again.items():
        command = re.sub(rf"(?<!\S){re.escape(output)}(?!\S)", str(path), command)
    return command
