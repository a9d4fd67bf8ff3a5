"""Checkpoint folders: complete, unaltered, and said so before anything is loaded."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selfverify.errors import InputError
from selfverify.storage.files import is_inside, write_text

CHECKSUMS = "SHA256SUMS"
CURE = (
    "restore it with `git checkout`, make it anew with `snakemake pretrain`, or correct "
    "`checkpoint` in params.yaml; what is on the hub is fetched if it has `hub` there"
)
# As `sha256sum` writes it; a star before the name is its mark of binary mode.
_CHECKSUM_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64}) [ *](?P<name>.+)")


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """Writes SHA256SUMS over the files of a checkpoint folder, in `sha256sum`'s format."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != CHECKSUMS)
    lines = [f"{file_sha256(path)}  {path.name}\n" for path in files]
    write_text(folder / CHECKSUMS, "".join(lines))


def read_checksums(folder: Path) -> dict[str, str]:
    """Returns file name → SHA-256 of a folder's SHA256SUMS, empty where it has none.

    Raises:
        InputError: names the line that is no checksum of a file in the folder.
    """
    listing = folder / CHECKSUMS
    if not listing.exists():
        return {}
    text = listing.read_bytes().decode("utf-8", errors="replace")
    checksums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _CHECKSUM_LINE.fullmatch(line)
        if line and (match is None or not is_inside(match["name"])):
            raise InputError(
                f"{listing}, line {number}: not `SHA-256  NAME` of a file in this folder; write it "
                "anew in the folder with `sha256sum * > SHA256SUMS`, or " + CURE
            )
        if match:
            checksums[match["name"]] = match["digest"].lower()
    return checksums


def verify_file(path: Path, sha256: str, cure: str = CURE) -> None:
    """Checks that a file exists and has the content that it should.

    Raises:
        InputError: if it is missing.
        InputError: if its SHA-256 is another.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; {cure}")
    if file_sha256(path) != sha256:
        raise InputError(f"{path} is altered: its SHA-256 is not {sha256[:12]}…; {cure}")


def checkpoint_files(checkpoint: str | Path) -> list[Path]:
    """Returns the files that a checkpoint's SHA256SUMS lists, without reading them.

    Raises:
        InputError: if the folder, or a file that its SHA256SUMS lists, is missing.
    """
    folder = Path(checkpoint)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such checkpoint; {CURE}")
    listed = [folder / name for name in read_checksums(folder)]
    for path in listed:
        if not path.exists():
            raise InputError(f"{path} is missing; {CURE}")
    return listed


def verify_checkpoint(checkpoint: str | Path) -> None:
    """Checks a checkpoint folder against its SHA256SUMS; one without that file passes.

    Raises:
        InputError: if the folder or one of its files is missing.
        InputError: if a file's content is not what SHA256SUMS says.
    """
    for path in checkpoint_files(checkpoint):
        verify_file(path, read_checksums(path.parent)[path.name])


def read_config(checkpoint: str | Path) -> dict[str, Any]:
    """Returns config.json of a checkpoint folder.

    Without one transformers would take its defaults, which for a Llama are 7 billion weights.

    Raises:
        InputError: if the file is missing or no JSON object.
    """
    path = Path(checkpoint) / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({str(error)[:100]}); {CURE}") from None
    if not isinstance(config, dict):
        raise InputError(f"{path}: no JSON object; {CURE}")
    return config


@contextmanager
def naming_checkpoint(checkpoint: str | Path, adapter: str) -> Iterator[None]:
    """Turns what a library has against a checkpoint's files into one line with folder and cure.

    Each library has errors of its own for a file that is cut off, no JSON, of other shapes, pickled
    where it should not be; memory and devices that are missing keep their own.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if "CUDA" in lines[0] or "out of memory" in lines[0]:
            raise InputError(
                f"{checkpoint}: {lines[0]}; set `device: cpu`, or free the GPU"
            ) from error
        raise InputError(
            f"{checkpoint}: the adapter {adapter!r} cannot load it: {lines[0][:200]}; {CURE}"
        ) from error
