"""What the recorded run of a track took, beside which an estimate can be held."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RecordedRun:
    """The jobs of the records in data/{track}/provenance, which may be of several runs."""

    num_jobs: int
    core_s: float  # of all jobs together; each counted as one core
    wall_s: float  # in which at least one job ran
    rule_s: dict[str, float]  # of the jobs of each rule, the longest first


def read_recorded_run(folder: Path) -> RecordedRun | None:
    """Returns what a track's records say, None where there are none.

    Args:
        folder: data/{track}/provenance; lines that are no record are left to `snakemake all`.
    """
    jobs = [job for path in sorted(folder.glob("*.jsonl")) for job in _jobs(path)]
    if not jobs:
        return None
    rules: defaultdict[str, float] = defaultdict(float)
    for rule, start, end in jobs:
        rules[rule] += end - start
    longest = sorted(rules.items(), key=lambda item: -item[1])
    wall_s = _union([(start, end) for _, start, end in jobs])
    return RecordedRun(len(jobs), sum(rules.values()), wall_s, dict(longest))


def _jobs(path: Path) -> Iterator[tuple[str, float, float]]:
    """Rule, start and end of each job; without the package of records, which takes a second."""
    rule = ""
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
            if "outputs" in row:
                yield rule, float(row["started_s"]), float(row["ended_s"])
            else:
                rule = str(row["rule"])
        except (ValueError, KeyError, TypeError):
            continue


def _union(spans: list[tuple[float, float]]) -> float:
    """The length of what spans cover together."""
    total, covered = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, covered))
        covered = max(covered, end)
    return total
