"""A file from the web, which has its name only once its checksum is right."""

import sys
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from selfverify.errors import InputError
from selfverify.storage.checkpoints import file_sha256
from selfverify.storage.files import atomic_path
from selfverify.workflow.progress import progress

TIMEOUT_S = 60.0  # without an answer, or within it
CHUNK_BYTES = 1 << 20


def download(url: str, path: Path, *, sha256: str, licence: str) -> None:
    """Writes what `url` serves, after saying how large it is and under which licence it comes.

    Raises:
        InputError: if the server does not answer or breaks off.
        InputError: if the content is not that of `sha256`.
    """
    cure = f"try again, or download it by hand and put it at {path}"
    with atomic_path(path) as temporary:
        try:
            _stream(url, temporary, licence)
        except (OSError, HTTPException) as error:
            raise InputError(f"{url} cannot be downloaded ({error}); {cure}") from None
        if file_sha256(temporary) != sha256:
            raise InputError(f"{url}: the download's SHA-256 is not {sha256[:12]}…; {cure}")


def _stream(url: str, path: Path, licence: str) -> None:
    with urlopen(url, timeout=TIMEOUT_S) as response, path.open("wb") as file:
        size = int(response.headers.get("Content-Length", 0))
        print(f"{url}: {size / 1e6:.0f} MB, {licence}", file=sys.stderr, flush=True)
        chunks = iter(lambda: response.read(CHUNK_BYTES), b"")
        for chunk in progress(chunks, name=path.name, total=size // CHUNK_BYTES, unit="MiB"):
            file.write(chunk)
