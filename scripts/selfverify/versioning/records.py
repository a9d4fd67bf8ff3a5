"""Job records: how each file was made, as Snakemake knows it, in text that git keeps.

One JSON Lines file a stage, so that branches with results of different systems merge. What the jobs
of a rule share, its code and most inputs, stands once, in a line before them.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any
from zlib import crc32

from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

from selfverify.errors import InputError
from selfverify.storage.files import is_inside, write_text

SHARED = ("rule", "code", "software")  # of the jobs of one group


@dataclass(frozen=True)
class JobRecord:
    """One finished job."""

    rule: str
    outputs: tuple[str, ...]
    inputs: dict[str, str | None]  # path to checksum; None where a file is too large for one
    params: tuple[str, ...]
    code: str  # the rule's command before its wildcards are filled in
    command: str
    software: str  # hash of the deployed environment
    started_s: float  # seconds since 1970
    ended_s: float
    # Inputs that the job has once more, such as transcripts of who is verifier and evaluator both.
    repeated: tuple[str, ...] = ()

    @classmethod
    def from_metadata(cls, outputs: Iterable[str], metadata: MetadataRecord) -> "JobRecord":
        """Returns what Snakemake's metadata of a job's outputs say."""
        checksums = metadata.input_checksums or {}
        counts = Counter(metadata.input or [])
        return cls(
            rule=metadata.rule or "",
            outputs=tuple(sorted(outputs)),
            inputs={path: checksums.get(path) for path in sorted(counts)},
            params=tuple(metadata.params or ()),
            code=metadata.code or "",
            command=metadata.shellcmd or "",
            software=metadata.software_stack_hash or "",
            started_s=metadata.starttime or 0.0,
            ended_s=metadata.endtime or 0.0,
            repeated=tuple(sorted((counts - Counter(set(counts))).elements())),
        )

    def to_metadata(self) -> MetadataRecord:
        """Returns metadata as Snakemake would have written them itself."""
        return MetadataRecord(
            rule=self.rule,
            input=sorted([*self.inputs, *self.repeated]),
            input_checksums={path: sha for path, sha in self.inputs.items() if sha},
            params=list(self.params),
            code=self.code,
            shellcmd=self.command,
            software_stack_hash=self.software,
            starttime=self.started_s,
            endtime=self.ended_s,
            incomplete=False,
            record_format_version=RECORD_FORMAT_VERSION,
            log=[],
            job_hash=crc32(self.outputs[0].encode()),
        )

    @property
    def without_times(self) -> "JobRecord":
        """The record as far as a rebuild of the same bytes has it again."""
        return replace(self, started_s=0.0, ended_s=0.0)


def read_records(path: Path) -> list[JobRecord]:
    """Returns the jobs of a stage's file, none if there is no file.

    Raises:
        InputError: names the line that is no record, or that names a file outside the repository.
    """
    shared: dict = {}
    records = []
    lines = path.read_bytes().splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if "outputs" in row:
                records.append(_record(row, shared))
            else:
                shared = {key: row[key] for key in (*SHARED, "inputs")}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(
                f"{path}, line {number}: no record of a job, or a conflict of a merge; take one "
                f"side, `git checkout --ours -- dvc.lock {path.parent}`, then `dvc checkout`"
            ) from None
    return records


def _record(row: dict, shared: dict) -> JobRecord:
    """The job of a line; paths that leave the repository are refused."""
    inputs = dict(sorted((shared["inputs"] | row["inputs"]).items()))
    lists = {key: tuple(row.get(key, ())) for key in ("outputs", "params", "repeated")}
    if not lists["outputs"] or not all(map(is_inside, lists["outputs"])):
        raise ValueError(f"outputs {lists['outputs']}")
    values: dict[str, Any] = {k: shared[k] for k in SHARED} | row | lists | {"inputs": inputs}
    return JobRecord(**values)


def without_replaced(
    records: Iterable[JobRecord], outputs: Collection[tuple[str, ...]]
) -> list[JobRecord]:
    """Returns the records without those whose files another job makes now.

    A rule that has one output more than before would else leave a line of its old ones.

    Args:
        records: as they were.
        outputs: of each job of the graph, sorted.
    """
    made = {file for files in outputs for file in files}
    return [old for old in records if old.outputs in outputs or made.isdisjoint(old.outputs)]


def write_records(records: Iterable[JobRecord], path: Path) -> None:
    """Writes the jobs of a stage, sorted, unless the file says the same already."""
    lines = [line for group in _groups(records) for line in _lines(group)]
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    if not path.exists() or path.read_text() != text:
        write_text(path, text)


def _groups(records: Iterable[JobRecord]) -> Iterable[list[JobRecord]]:
    """Jobs with the same rule, code and software, sorted."""

    def shared(job: JobRecord) -> tuple[str, ...]:
        return tuple(str(getattr(job, name)) for name in SHARED)

    ordered = sorted(records, key=lambda job: (shared(job), job.outputs))
    return [list(group) for _, group in groupby(ordered, key=shared)]


def _lines(jobs: list[JobRecord]) -> Iterable[dict]:
    """A line of what the jobs share, inputs too, then a line a job."""
    common = set.intersection(*(set(job.inputs.items()) for job in jobs))
    yield {name: getattr(jobs[0], name) for name in SHARED} | {"inputs": dict(common)}
    for job in jobs:
        own = asdict(job) | {"inputs": dict(job.inputs.items() - common)}
        left_out = SHARED if job.repeated else (*SHARED, "repeated")
        yield {name: value for name, value in own.items() if name not in left_out}
