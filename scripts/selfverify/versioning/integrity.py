"""Whether pulled files are the ones that were pushed.

DVC trusts an object storage: unless a remote has `verify = true`, a damaged object is checked out
as if it were whole, and `dvc status` finds nothing to say. So what was pulled is hashed here once.
"""

import configparser
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from selfverify.errors import InputError
from selfverify.versioning.dvc import cache_folder, file_md5, locked_outputs


def refuse_damaged_files(locks: Iterable[Path], changed: Collection[str]) -> None:
    """Compares every tracked file on disk with its hash in dvc.lock.

    Args:
        locks: the dvc.lock files.
        changed: files that were changed here since, which are not looked at.

    Raises:
        InputError: if one differs; names the file, its object and the cure.
    """
    if _every_remote_verifies():
        return
    for path, md5 in _expected(locks):
        if path not in changed and Path(path).is_file() and file_md5(Path(path)) != md5:
            raise _damaged(path, md5)


def _damaged(path: str, md5: str) -> InputError:
    place = f"files/md5/{md5[:2]}/{md5[2:]}"
    return InputError(
        f"{path} is not the file that dvc.lock names: its object was damaged in the remote "
        f"or on the way. Who has a good one in .dvc/cache copies {place} from there into "
        "the remote (`dvc push` takes it for present). "
        f"Then here: `rm -rf {cache_folder() / place} {path} && dvc pull`"
    )


def _every_remote_verifies() -> bool:
    """Whether DVC itself hashes what it downloads, from all of the remotes."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read([".dvc/config", ".dvc/config.local"], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        raise InputError(f"DVC's settings cannot be read: {reason}; mend that line") from None
    remotes = [section for section in config.sections() if "remote " in section]
    return bool(remotes) and all(_is_true(config, remote) for remote in remotes)


def _is_true(config: configparser.ConfigParser, remote: str) -> bool:
    try:
        return config.getboolean(remote, "verify", fallback=False)
    except ValueError:
        value = config.get(remote, "verify")
        raise InputError(
            f"DVC's settings: {remote}: verify = {value} is no truth; mend it, true or false"
        ) from None


def _expected(locks: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Path and MD5 of each tracked file, folders taken apart by their listing."""
    cache = cache_folder()
    for lock in locks:
        for path, md5 in locked_outputs(lock):
            if not md5.endswith(".dir"):
                yield path, md5
                continue
            listing = cache / "files/md5" / md5[:2] / md5[2:]
            if not listing.exists():
                continue
            if file_md5(listing) != md5.removesuffix(".dir"):  # as DVC names it
                raise _damaged(path, md5)
            for entry in json.loads(listing.read_text()):
                yield f"{path}/{entry['relpath']}", entry["md5"]
