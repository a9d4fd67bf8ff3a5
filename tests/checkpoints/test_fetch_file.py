"""A model in one file, from a server that breaks off and goes on where it is asked to."""

import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from scripts.checkpoints.fetch_file import fetch_file

from selfverify.errors import InputError

CONTENT = bytes(range(256)) * 40
RIGHT = sha256(CONTENT).hexdigest()


class Breaking(BaseHTTPRequestHandler):
    """Sends half of what is asked for and hangs up; with `whole`, sends it all."""

    whole = False
    ranges = True

    def do_GET(self):
        asked = self.headers.get("Range", "") if self.ranges else ""
        start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
        rest = CONTENT[start:]
        self.send_response(416 if asked and not rest else 206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest if self.whole else rest[: len(rest) // 2])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A class of handler of its own, and the address."""
    handler = type("Handler", (Breaking,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield handler, f"http://127.0.0.1:{running.server_port}/large-v3.pt"
        running.shutdown()


def fetch(url, output, right=RIGHT):
    fetch_file(url=url, sha256=right, licence="MIT", output=output)


def test_a_download_that_broke_off_goes_on(server, tmp_path, capsys):
    handler, url = server
    output = tmp_path / "checkpoints" / "large-v3.pt"
    for missing in (5120, 2560):
        with pytest.raises(InputError, match=f"broke off, {missing} bytes are missing.; try again"):
            fetch(url, output)
        assert not output.exists()
    handler.whole = True
    fetch(url, output)
    assert output.read_bytes() == CONTENT
    assert [path.name for path in output.parent.iterdir()] == ["large-v3.pt"]
    said = capsys.readouterr().err
    assert f"{url}: 0 MB, MIT" in said
    assert f"{url}: 0 MB after 0 MB that are here, MIT" in said


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(server, tmp_path):
    handler, url = server
    handler.ranges = False
    output = tmp_path / "large-v3.pt"
    with pytest.raises(InputError, match="broke off, 5120 bytes"):
        fetch(url, output)
    handler.whole = True
    fetch(url, output)
    assert output.read_bytes() == CONTENT


@pytest.mark.parametrize("here", [CONTENT, CONTENT[::-1]])
def test_what_is_whole_already_is_decided_by_its_checksum(server, tmp_path, here):
    _, url = server
    begun = tmp_path / ".large-v3.pt.begun"
    begun.write_bytes(here)
    if here == CONTENT:
        fetch(url, tmp_path / "large-v3.pt")
        return
    with pytest.raises(InputError, match="the download's SHA-256 is not"):
        fetch(url, tmp_path / "large-v3.pt")
    assert not begun.exists()  # so that the next call begins anew


def test_a_file_put_there_by_hand_needs_no_server_but_is_verified(tmp_path):
    output = tmp_path / "large-v3.pt"
    output.write_bytes(CONTENT)
    fetch("http://127.0.0.1:9/x", output)
    with pytest.raises(InputError, match="SHA-256 is not 000000000000…; delete it, or put http"):
        fetch("http://127.0.0.1:9/x", output, right="0" * 64)
    assert output.read_bytes() == CONTENT
