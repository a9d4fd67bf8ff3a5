"""A recogniser's weights in one file from the web, the licence shown before the download."""

from pathlib import Path

from selfverify.storage.checkpoints import verify_file
from selfverify.storage.download import download
from selfverify.workflow.script import run_script


def fetch_file(*, url: str, sha256: str, licence: str, output: Path) -> None:
    """Downloads the file, or goes on where a download broke off; verifies one that is there.

    Args:
        url: of the file.
        sha256: of its content.
        licence: of the weights, for the message before the download.
        output: file to write; kept as it is where it exists.

    Raises:
        InputError: if it cannot be downloaded, or its content is not that of `sha256`.
    """
    if output.exists():
        verify_file(output, sha256, f"delete it, or put {url} in its place")
    else:
        download(url, output, sha256=sha256, licence=licence)


if __name__ == "__main__":
    run_script(fetch_file)
