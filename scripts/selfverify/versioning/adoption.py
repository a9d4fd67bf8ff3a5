"""Before the graph is built: give Snakemake the job records of files that DVC restored."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from snakemake.persistence.file import FilePersistence

from selfverify.errors import InputError
from selfverify.storage.files import write_text
from selfverify.versioning.clock import set_time
from selfverify.versioning.dvc import changed_files, is_dvc_repository
from selfverify.versioning.integrity import refuse_damaged_files
from selfverify.versioning.records import JobRecord, read_records

STAMP = Path(".snakemake/adopted.json")  # which records were adopted, and whether a run broke off
TOLERANCE_S = 0.001  # of a file's time, which file systems round


def adopt() -> None:
    """Gives Snakemake the records of every file whose bytes are those of dvc.lock.

    Takes no time if nothing was pulled or checked out since the last run ended well.

    Raises:
        InputError: if a file is a hard link into DVC's cache, where a rerun would be refused, or
            if it is not the one that dvc.lock names.
        InputError: if dvc.lock or a record cannot be read, such as in a merge with conflicts.
    """
    if not is_dvc_repository():
        return
    fingerprint = _fingerprint()
    stamp = _read_stamp()
    is_new = stamp.get("fingerprint") != fingerprint
    if is_new or not stamp.get("is_complete"):
        jobs = [job for path in _record_files() for job in read_records(path)]
        has_all = True
        if jobs:
            _refuse_hard_links(jobs)
            has_all = _hand_over(jobs, overwrite=is_new)
        # What a broken-off run changed may be restored later: then it is looked at again.
        _write_stamp(fingerprint, is_complete=is_new or has_all)


def begin_run() -> None:
    """Notes that a run began: if it fails, the next start looks again at what is on disk."""
    if STAMP.exists():
        _write_stamp(_fingerprint(), is_complete=False)


def end_run() -> None:
    """Notes that the run's own records are the ones to keep."""
    _write_stamp(_fingerprint(), is_complete=True)


def _hand_over(jobs: Sequence[JobRecord], *, overwrite: bool) -> bool:
    """Returns whether every file of a record is as it was."""
    changed = changed_files(_lock_files())
    if overwrite:
        refuse_damaged_files(_lock_files(), changed)
    persistence = FilePersistence()
    unchanged = list(_unchanged(jobs, changed))
    for job, output in unchanged:
        metadata = job.to_metadata()
        if overwrite or not _describes(persistence._read_record(output), output):
            persistence._write_record(output, metadata)
            set_time(output, job.ended_s)
    return len(unchanged) == sum(len(job.outputs) for job in jobs)


def _unchanged(jobs: Iterable[JobRecord], changed: set[str]) -> Iterator[tuple[JobRecord, str]]:
    folders = tuple(path for path in changed if path.endswith("/"))
    for job in jobs:
        for output in job.outputs:
            if output not in changed and not output.startswith(folders):
                yield job, output


def _describes(metadata: object, output: str) -> bool:
    """Whether Snakemake's own record is of the file as it lies there, and not of an older one."""
    ended_s = getattr(metadata, "endtime", None)
    if ended_s is None or not os.path.exists(output):
        return False
    # Of a link itself: what it points to is named by its content, and may be of another user.
    return abs(os.lstat(output).st_mtime - ended_s) < TOLERANCE_S


def _refuse_hard_links(jobs: Iterable[JobRecord]) -> None:
    for output in (output for job in jobs for output in job.outputs):
        if os.path.lexists(output) and os.lstat(output).st_nlink > 1:
            raise InputError(
                f"{output} is a hard link into DVC's cache, where files are read-only, so that "
                "Snakemake could not make it anew. Choose another link type: "
                "`dvc config --local cache.type reflink,symlink,copy && dvc checkout --relink`"
            )


def _record_files() -> list[Path]:
    return sorted(Path("data").glob("*/provenance/*.jsonl"))


def _lock_files() -> list[Path]:
    return [path for path in (Path("dvc.lock"), *Path("data").glob("*/dvc.lock")) if path.exists()]


def _fingerprint() -> str:
    digest = hashlib.sha256()
    settings = (Path(".dvc/config"), Path(".dvc/config.local"))  # the link type is among them
    for path in (*_lock_files(), *_record_files(), *settings):
        if path.exists():
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def _read_stamp() -> dict:
    """What the last run noted; one that cannot be read is none, and all is looked at again."""
    with suppress(OSError, ValueError):
        stamp = json.loads(STAMP.read_text())
        return stamp if isinstance(stamp, dict) else {}
    return {}


def _write_stamp(fingerprint: str, *, is_complete: bool) -> None:
    write_text(STAMP, json.dumps({"fingerprint": fingerprint, "is_complete": is_complete}))
