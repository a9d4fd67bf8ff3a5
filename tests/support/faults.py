"""Disturbing a study at seeded moments: what is run, what happens to it, what is found afterwards.

A round is `snakemake all` until one of three things happens:

- kill: its whole process group is ended by SIGKILL after a random time;
- disk: there is less space than the rest of the study takes, on a tmpfs of its own;
- clock: it is killed, and all that there is then is of a clock that was a day ahead.

Once a run ends by itself its results are compared with those of an undisturbed one, and all is
begun anew until there have been enough rounds.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from small_study import final_bytes
from study import dvc, executed, git, run_all, snakemake

MIN_S = 3.0  # Snakemake alone takes so long until the first job starts, on an idle machine
AHEAD_S = 26 * 3600.0  # more than a day and a time zone
DISK_BYTES = 1_000_000_000  # of the tmpfs where it is large
UP_TO_DATE = "Data and pipelines are up to date"


@dataclass
class Tally:
    """What the faults came to."""

    faults: Counter = field(default_factory=Counter)
    survived: Counter = field(default_factory=Counter)  # in a study that ended with equal bytes
    moments: Counter = field(default_factory=Counter)  # what was under way
    repeated: list[str] = field(default_factory=list)  # whole work done twice
    half: list[str] = field(default_factory=list)  # half files under their final name
    untold: list[str] = field(default_factory=list)  # full disks that no line spoke of
    wrong: list[str] = field(default_factory=list)  # results that differ

    @property
    def problems(self) -> list[str]:
        """All that should not be."""
        return self.repeated + self.half + self.untold + self.wrong

    def report(self) -> str:
        """Lines to read."""
        kinds = ", ".join(f"{kind} {self.survived[kind]}/{n}" for kind, n in self.faults.items())
        moments = ", ".join(f"{n} in {what}" for what, n in self.moments.most_common())
        return (
            f"faults survived with identical bytes: {kinds} ({moments}); "
            f"whole work repeated: {len(self.repeated)}; half files taken for whole: "
            f"{len(self.half)}; full disks without a word: {len(self.untold)}; "
            f"results that differ: {len(self.wrong)}"
        )


@dataclass(frozen=True)
class Undisturbed:
    """A study that was left alone."""

    folder: Path
    files: dict[str, bytes]  # its results
    seconds: float  # that it took
    num_bytes: int  # on disk


def start(folder: Path, log: Path) -> subprocess.Popen:
    """`snakemake all` as the leader of a process group of its own."""
    environment = os.environ | {"PYTHONPATH": "", "OMP_NUM_THREADS": "1"}
    command = [str(Path(sys.executable).with_name("snakemake")), "all"]
    with log.open("w") as output:
        return subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=environment,
            start_new_session=True,
        )  # fmt: skip


def finished_jobs(log: str) -> list[str]:
    """The rule and outputs of each job that Snakemake said to have finished, in its order."""
    names = {}
    for block in re.split(r"^(?:local)?rule ", log, flags=re.M)[1:]:
        job = re.search(r"^    jobid: (\d+)", block, flags=re.M)
        output = re.search(r"^    output: (.+)", block, flags=re.M)
        if job and output and "record_again" not in output[1]:  # an empty mark, no work
            names[job[1]] = output[1].strip()
    return [names[i] for i in re.findall(r"Finished jobid: (\d+)", log) if i in names]


def what_was_under_way(log: str) -> str:
    """A word for the moment of a fault."""
    if "Select jobs to execute" not in log:
        return "planning"
    begun = re.findall(r"^(?:local)?rule (\w+):", log, flags=re.M)
    return "recording" if "(100%) done" in log else f"jobs ({begun[-1] if begun else 'none'})"


def half_files(folder: Path) -> list[str]:
    """Parquet and JSON files under their final names that cannot be read, known to Snakemake."""
    broken = []
    open_jobs = {path.name for path in (folder / ".snakemake/incomplete").rglob("*")}
    for path in (folder / "data/mini").rglob("*"):
        try:
            if path.suffix == ".parquet":
                pq.read_table(path)
            elif path.suffix == ".json":
                json.loads(path.read_text())
        except (OSError, ValueError):
            if not open_jobs:
                broken.append(str(path))
    return broken


def begin_anew(folder: Path) -> None:
    """The study as it was committed, with nothing run, nothing cached."""
    for made in (".snakemake", ".dvc/cache", ".dvc/tmp", "logs"):
        shutil.rmtree(folder / made, ignore_errors=True)
    git(folder, "checkout", "-q", "--", ".")
    git(folder, "clean", "-q", "-f", "-d", "-x")


def mount_disk(folder: Path) -> bool:
    """Puts a tmpfs on an empty folder; False where this process may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def resize_disk(folder: Path, num_bytes: int) -> None:
    """Makes the tmpfs as large as it says."""
    command = ["mount", "-o", f"remount,size={num_bytes}", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def set_clock_back(folder: Path) -> None:
    """Leaves all files and Snakemake's own notes as of a clock that was ahead until now."""
    for path in folder.rglob("*"):
        if ".git" not in path.parts:
            time_s = path.lstat().st_mtime + AHEAD_S
            os.utime(path, (time_s, time_s), follow_symlinks=False)
    for path in (folder / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            notes = json.loads(path.read_text())
            ahead = {key: notes[key] + AHEAD_S for key in ("starttime", "endtime") if notes[key]}
            path.write_text(json.dumps(notes | ahead))


def run_round(
    folder: Path, kind: str, undisturbed: Undisturbed, rng: np.random.Generator
) -> tuple[bool, str]:
    """Runs the study until the fault, or to its end; returns whether it has ended, and its log."""
    log = folder.parent.parent / "round.log"
    wait_s = None
    if kind == "disk":
        used = shutil.disk_usage(folder).used
        rest = max(undisturbed.num_bytes - used, 0)
        resize_disk(folder.parent, used + int(rest * rng.uniform(0.05, 0.95)))
    elif kind:
        wait_s = rng.uniform(MIN_S, 0.4 * undisturbed.seconds)
    process = start(folder, log)
    try:
        status = process.wait(wait_s)
    except subprocess.TimeoutExpired:
        status = None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if kind == "disk":
        resize_disk(folder.parent, DISK_BYTES)
    text = log.read_text()
    assert status in (0, None) or kind == "disk", text[-4000:]
    has_ended = status == 0 and "Not recorded" not in text
    assert has_ended or kind, text[-4000:]
    return has_ended, text


def note_fault(folder: Path, kind: str, text: str, tally: Tally) -> None:
    """Counts a fault, looks for what it left behind, and lets the next round begin."""
    tally.faults[kind] += 1
    tally.moments[what_was_under_way(text)] += 1
    tally.half += half_files(folder)
    if kind == "disk" and not re.search("cannot be written|No space left", text):
        tally.untold.append(text[-2000:])
    if kind == "clock":
        set_clock_back(folder)
    if kind != "disk":  # there Snakemake ends by itself
        assert snakemake(folder, "--unlock").returncode == 0


def disturb_often(folder: Path, undisturbed: Undisturbed, kinds: Sequence[str], seed: int) -> Tally:
    """Returns what faults of these kinds, one a round, came to.

    Args:
        folder: a committed small study, nothing run; on a tmpfs of its own where a kind is "disk".
        undisturbed: the same study, left alone.
        kinds: one a round.
        seed: of the moments.
    """
    rng, tally, pending, done = np.random.default_rng(seed), Tally(), Counter(), set()
    waiting = list(kinds)
    while waiting or pending:
        kind = waiting[0] if waiting else ""
        has_ended, text = run_round(folder, kind, undisturbed, rng)
        finished = finished_jobs(text)
        tally.repeated += [job for job in finished if job in done]
        done |= set(finished)
        if not has_ended:
            note_fault(folder, waiting.pop(0), text, tally)
            pending[kind] += 1
            continue
        problems = compare(folder, undisturbed.files)
        tally.wrong += problems
        tally.survived += Counter() if problems else pending
        pending, done = Counter(), set()
        begin_anew(folder)
    return tally


def compare(folder: Path, expected: dict[str, bytes]) -> list[str]:
    """What differs from an undisturbed run, in bytes or in what Snakemake and DVC think."""
    found = final_bytes(folder)
    problems = [
        name for name in expected.keys() | found.keys() if found.get(name) != expected.get(name)
    ]
    again = run_all(folder)
    problems += [f"run again: {job}" for job in executed(again)]
    if UP_TO_DATE not in dvc(folder, "status"):
        problems.append("dvc status: changed")
    return problems
