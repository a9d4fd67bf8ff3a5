"""A clock that was set back: files of tomorrow.

Snakemake removes what a job made from an input that is younger than now, and ends. It may be right
about a network, but of one disk it only says that the clock was wrong before.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

TOLERANCE_S = 1.0  # of file systems, which round


def set_times_to_now(folder: str = ".") -> int:
    """Returns how many files were dated after now; they are dated now, and a line says so.

    Args:
        folder: with what jobs read and write; hidden folders in it are left as they are.
    """
    late = [path for path in _files(folder) if _is_late(path)]
    for path in late:
        set_time(path, time.time())
    if late:
        print(
            f"{len(late)} files were dated after now, {late[0]} among them, as by a clock that was "
            "set back since; they are dated now",
            file=sys.stderr,
        )
    return len(late)


def set_time(path: str, time_s: float) -> None:
    """Sets when a file was made, of a symbolic link and, where it may, of what it points to.

    Never later than now. A cache on a read-only file system or of another user keeps its times;
    then Snakemake compares contents, which takes longer and comes to the same.
    """
    time_s = min(time_s, time.time())
    for follow_symlinks in (False, True):
        with suppress(OSError):
            os.utime(path, (time_s, time_s), follow_symlinks=follow_symlinks)


def _files(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(place, name) for name in names)


def _is_late(path: str) -> bool:
    with suppress(OSError):  # of a link to nothing
        latest_s = max(os.lstat(path).st_mtime, os.stat(path).st_mtime)
        return latest_s > time.time() + TOLERANCE_S
    return False
