"""Places for what `selfverify score` writes: tried before any work, held by one run at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from selfverify.errors import InputError
from selfverify.storage.files import unwritable


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what the system has against writing a file into one line with the cure."""
    try:
        yield
    except OSError as error:
        found = unwritable(path, error)
        if not isinstance(found, InputError):
            reason = error.strerror or error
            found = InputError(f"{path} cannot be written ({reason}); choose another place")
        raise found from error


def make_room(path: Path, option: str) -> None:
    """Makes the folder of a file to be written, and tries to write there; leaves nothing else.

    Raises:
        InputError: if that cannot be done; `option` asked for the file.
    """
    with writing(path):
        if path.is_dir():
            raise InputError(f"{option} {path}: that is a folder; name a file in it")
        if path.exists():  # it may be no plain file, such as /dev/stdout
            if not os.access(path, os.W_OK):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f".{path.name}.part")
        probe.touch()
        probe.unlink(missing_ok=True)


@contextmanager
def held(partial: Path, out: Path) -> Iterator[None]:
    """Keeps other runs from `out` by a lock on the file that a killed run goes on from.

    The lock ends with the process, however it ends. A file without a line is removed.

    Raises:
        InputError: if another run holds it, or nothing can be written there.
    """
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    with writing(partial):
        file = _locked(partial, out)
    with file:
        try:
            yield
        finally:
            with suppress(OSError):
                if not partial.stat().st_size:
                    partial.unlink()


def _locked(path: Path, out: Path) -> BinaryIO:
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(
                f"{out}: another run is writing it; wait for that, or give another --out"
            ) from None
        except OSError:
            return file  # a file system without locks
        if _is_at(path, file):
            return file
        file.close()  # of a run that ended just now and removed it


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
