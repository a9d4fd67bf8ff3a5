"""The archive of a LibriSpeech split from OpenSLR, or one put there by hand, verified.

OpenSLR publishes MD5 alone (https://www.openslr.org/resources/12/md5sum.txt, for test-clean.tar.gz
32fa31d27d2e1cad72775fee3f4849a9); the SHA-256 of the same file is in `_CHECKSUMS` of torchaudio's
datasets/librispeech.py: 39fde525e59672dc6d1551919b1478f724438a95aa55f874b576be21967e6c23.
"""

from pathlib import Path

from selfverify.storage.checkpoints import verify_file
from selfverify.storage.download import download
from selfverify.storage.files import atomic_path
from selfverify.workflow.script import run_script

LICENCE = "CC BY 4.0 (Panayotov et al. 2015, https://www.openslr.org/12)"


def fetch_librispeech(*, url: str, sha256: str, archive: Path, listing: Path) -> None:
    """Downloads the archive unless it is there, and lists it when its content is right.

    Args:
        url: of the archive.
        sha256: of its content.
        archive: .tar.gz file to write; kept as it is where it exists.
        listing: SHA256SUMS to write, in `sha256sum`'s format.
    """
    if archive.exists():
        verify_file(archive, sha256, f"delete it, or put {url} in its place")
    else:
        download(url, archive, sha256=sha256, licence=LICENCE)
    with atomic_path(listing) as temporary:
        temporary.write_text(f"{sha256}  {archive.name}\n")


if __name__ == "__main__":
    run_script(fetch_librispeech)
