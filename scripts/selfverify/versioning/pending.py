"""Which stages have files that no record and no dvc.lock knows yet.

A run notes the stages that it will change before its first job, and takes each off the list when
it is recorded. So whatever comes between, a kill, a full disk, a lock that another DVC holds, the
next run knows that there is something to record even if it has nothing to make.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from selfverify.storage.files import write_text

UNRECORDED = Path(".snakemake/unrecorded.json")
LOCKS = Path(".snakemake/locks")


def unrecorded(track: str, known: Iterable[str] = ()) -> set[str]:
    """Returns the names of a track's stages that wait for being recorded.

    Args:
        track: whose stages these are.
        known: all of its stages, which wait if the list cannot be read, as after a power cut.
    """
    noted = _read()
    return set(known) if noted is None else set(noted.get(track, []))


def note_unrecorded(track: str, names: Iterable[str], known: Iterable[str] = ()) -> None:
    """Adds stages to the list; `known` as of `unrecorded`."""
    _write(track, unrecorded(track, known) | set(names))


def forget_unrecorded(track: str, names: Iterable[str]) -> None:
    """Takes stages off the list."""
    _write(track, unrecorded(track) - set(names))


def clear_mark(mark: Path) -> None:
    """Removes what `record_again` made, unless a run goes on, which would miss it at its end.

    Args:
        mark: that file; a dry run beside the run finds it, too.
    """
    if not any(LOCKS.glob("*.lock")):
        mark.unlink(missing_ok=True)


def _read() -> dict[str, list[str]] | None:
    """The list, empty where there is no file; None if it cannot be read."""
    if not UNRECORDED.exists():
        return {}
    with suppress(OSError, ValueError):
        noted = json.loads(UNRECORDED.read_bytes())
        return noted if isinstance(noted, dict) else None
    return None


def _write(track: str, names: set[str]) -> None:
    before = _read()
    after = {key: value for key, value in (before or {}).items() if key != track}
    after |= {track: sorted(names)} if names else {}
    if after != before:
        write_text(UNRECORDED, json.dumps(after))
