"""Which stages have files that no record and no dvc.lock knows yet.

A run notes the stages that it will change before its first job, and takes each off the list when
it is recorded. So whatever comes between, a kill, a full disk, a lock that another DVC holds, the
next run knows that there is something to record even if it has nothing to make.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from selfverify.storage.files import write_text

UNRECORDED = Path(".snakemake/unrecorded.json")


def unrecorded(track: str) -> set[str]:
    """Returns the names of a track's stages that wait for being recorded."""
    return set(_read().get(track, []))


def note_unrecorded(track: str, names: Iterable[str]) -> None:
    """Adds stages to the list."""
    _write(track, unrecorded(track) | set(names))


def forget_unrecorded(track: str, names: Iterable[str]) -> None:
    """Takes stages off the list."""
    _write(track, unrecorded(track) - set(names))


def _read() -> dict[str, list[str]]:
    return json.loads(UNRECORDED.read_text()) if UNRECORDED.exists() else {}


def _write(track: str, names: set[str]) -> None:
    before = _read()
    after = {key: value for key, value in before.items() if key != track}
    after |= {track: sorted(names)} if names else {}
    if after != before:
        write_text(UNRECORDED, json.dumps(after))
