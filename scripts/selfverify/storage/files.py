"""Writing files whole or not at all, and paths that stay in their folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from selfverify.errors import InputError

_SPACE = "free some space, or move the folder to a larger disk, and run the same command again"
_RIGHTS = "make the folder writable for you (`ls -ld` says whose it is), and run it again"
_CURES = {
    errno.ENOSPC: _SPACE, errno.EDQUOT: _SPACE, errno.EFBIG: _SPACE,
    errno.EROFS: _RIGHTS, errno.EACCES: _RIGHTS, errno.EPERM: _RIGHTS,
    errno.ENOTDIR: "a file stands where a folder should: move it away",
    errno.EEXIST: "a file stands where a folder should: move it away",
    errno.EISDIR: "a folder stands where the file should: move it away",
}  # fmt: skip


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, renamed to it when the block ends without error.

    Raises:
        InputError: if the file cannot be written, such as on a full disk.
    """
    temporary = path.with_name(f".{path.name}.part")  # one name, so that a killed job leaves one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole or not at all; errors as of `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def unwritable(path: Path, error: OSError) -> OSError | InputError:
    """Returns what to raise: one line with the cure where a disk or its rights are the reason."""
    if error.errno not in _CURES:
        return error
    return InputError(f"{path} cannot be written ({error.strerror}); {_CURES[error.errno]}")


def is_inside(path: str) -> bool:
    """Whether a relative path, as a record or a listing has it, stays below its folder."""
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
