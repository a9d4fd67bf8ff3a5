"""Killing a study at random moments: what is run, what is killed, what is found afterwards.

A round is `snakemake all`, killed with its whole process group by SIGKILL after a random time. Once
a run ends by itself its results are compared with those of an undisturbed one, and all is begun
anew until there have been enough kills.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from small_study import final_bytes
from study import dvc, executed, git, run_all, snakemake

MIN_S = 3.0  # Snakemake alone takes so long until the first job starts, on an idle machine
UP_TO_DATE = "Data and pipelines are up to date"


@dataclass
class Tally:
    """What the kills came to."""

    num_kills: int = 0
    num_survived: int = 0  # whose study ended with the bytes of the undisturbed one
    moments: Counter = field(default_factory=Counter)  # what was under way
    repeated: list[str] = field(default_factory=list)  # whole work done twice
    half: list[str] = field(default_factory=list)  # half files under their final name
    wrong: list[str] = field(default_factory=list)  # results that differ

    def report(self) -> str:
        """Lines to read."""
        moments = ", ".join(f"{n} in {what}" for what, n in self.moments.most_common())
        return (
            f"kills survived with identical bytes: {self.num_survived}/{self.num_kills}"
            f" ({moments}); "
            f"whole work repeated: {len(self.repeated)}; half files taken for whole: "
            f"{len(self.half)}; results that differ: {len(self.wrong)}"
        )


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
    """A word for the moment of a kill."""
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


def kill_at_random(
    folder: Path, expected: dict[str, bytes], num_kills: int, longest_s: float, seed: int
) -> Tally:
    """Returns what `num_kills` kills came to.

    Args:
        folder: a committed small study, nothing run.
        expected: results of an undisturbed run.
        num_kills: at least one.
        longest_s: a round is killed after `MIN_S` to so many seconds.
        seed: of the moments.
    """
    rng, tally, pending, done = np.random.default_rng(seed), Tally(), 0, set()
    log = folder.parent / "round.log"
    while tally.num_kills < num_kills or pending:
        wait_s = rng.uniform(MIN_S, longest_s) if tally.num_kills < num_kills else None
        process = start(folder, log)
        try:
            process.wait(wait_s)
            was_killed = False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            was_killed = True
        text = log.read_text()
        finished = finished_jobs(text)
        tally.repeated += [job for job in finished if job in done]
        done |= set(finished)
        if was_killed:
            tally.num_kills += 1
            pending += 1
            tally.moments[what_was_under_way(text)] += 1
            tally.half += half_files(folder)
            assert snakemake(folder, "--unlock").returncode == 0
            continue
        assert process.returncode == 0, text[-4000:]
        problems = compare(folder, expected)
        tally.wrong += problems
        tally.num_survived += 0 if problems else pending
        pending, done = 0, set()
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
