"""A file from the web, which has its name only once its checksum is right."""

import sys
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from selfverify.errors import InputError
from selfverify.storage.checkpoints import file_sha256
from selfverify.storage.files import atomic_path
from selfverify.workflow.progress import progress

TIMEOUT_S = 60.0  # without an answer, or within it
CHUNK_BYTES = 1 << 20


def download(url: str, path: Path, *, sha256: str, licence: str) -> None:
    """Writes what `url` serves, after saying how large it is and under which licence it comes.

    What came before a connection broke off stays beside `path`, and the next call goes on from it
    where the server can.

    Raises:
        InputError: if the server does not answer or breaks off.
        InputError: if the content is not that of `sha256`.
    """
    cure = f"try again, or download it by hand and put it at {path}"
    begun = path.with_name(f".{path.name}.begun")
    with atomic_path(path) as temporary:
        try:
            _stream(url, begun, licence)
        except (OSError, HTTPException, ValueError) as error:  # of an address that is none
            reason = " ".join(str(error).split())
            raise InputError(f"{url} cannot be downloaded ({reason}); {cure}") from None
        if file_sha256(begun) != sha256:
            begun.unlink()
            raise InputError(f"{url}: the download's SHA-256 is not {sha256[:12]}…; {cure}")
        begun.replace(temporary)


def _stream(url: str, path: Path, licence: str) -> None:
    """Appends what is missing; where the server sends all of it, writes all of it."""
    here = path.stat().st_size if path.exists() else 0
    request = Request(url, headers={"Range": f"bytes={here}-"} if here else {})
    try:
        response = urlopen(request, timeout=TIMEOUT_S)
    except HTTPError as error:
        if here and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # no byte is missing: the checksum decides
        raise
    with response:
        here = here if response.status == HTTPStatus.PARTIAL_CONTENT else 0
        size = int(response.headers.get("Content-Length", 0))
        print(_announcement(url, size, here, licence), file=sys.stderr, flush=True)
        with path.open("ab" if here else "wb") as file:
            chunks = iter(lambda: response.read(CHUNK_BYTES), b"")
            for chunk in progress(chunks, name=path.name, total=size // CHUNK_BYTES, unit="MiB"):
                file.write(chunk)
    missing = here + size - path.stat().st_size
    if missing > 0:  # `read` of a closed connection is an end like any other
        raise ConnectionError(f"broke off, {missing} bytes are missing")


def _announcement(url: str, size: int, here: int, licence: str) -> str:
    rest = f" after {here / 1e6:.0f} MB that are here" if here else ""
    return f"{url}: {size / 1e6:.0f} MB{rest}, {licence}"
