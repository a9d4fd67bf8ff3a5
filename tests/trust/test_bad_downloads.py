"""Servers that answer wrongly: one line that names the address and the cure, and no half file."""

import pytest

from bad_server import ANSWERS, bad_server
from refusals import refused
from selfverify.storage.download import download


@pytest.fixture(scope="module")
def address():
    with bad_server() as url:
        yield url


@pytest.mark.parametrize("name", ANSWERS)
def test_a_download_that_fails_is_named_and_leaves_no_file(address, tmp_path, name):
    path = tmp_path / "file.bin"
    url = f"{address}/{list(ANSWERS).index(name)}"
    refused("remotes", lambda: download(url, path, sha256="0" * 64, licence="MIT"), url, str(path))
    assert [file.name for file in tmp_path.iterdir()] in ([], [f".{path.name}.begun"])


@pytest.mark.parametrize(
    "url",
    ["", "file", "http://", "http://127.0.0.1:1/x", "ftp://127.0.0.1:1/x", "http://[::1", "x://y"],
)
def test_an_address_that_is_none_is_named(tmp_path, url):
    path = tmp_path / "file.bin"
    refused("remotes", lambda: download(url, path, sha256="0" * 64, licence="MIT"), url, str(path))
