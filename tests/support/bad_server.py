"""A server on loopback that answers wrongly, in the way that the path names."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\n"
# Each is sent as it stands, then the connection is closed.
ANSWERS = {
    "nothing": b"",
    "no HTTP": b"hello\r\n",
    "binary": bytes(range(256)),
    "half a status": b"HTTP/1.1 2",
    "words for a status": b"HTTP/1.1 fine\r\n\r\n",
    "half a header": OK + b"Content-Len",
    "length that is none": OK + b"Content-Length: many\r\n\r\nxyz",
    "negative length": OK + b"Content-Length: -5\r\n\r\nxyz",
    "longer than it is": OK + b"Content-Length: 1000\r\n\r\nxyz",
    "a chunk that is none": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxyz\r\n",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nxyz",
    "another file": OK + b"Content-Length: 3\r\n\r\nxyz",
    "an empty file": OK + b"Content-Length: 0\r\n\r\n",
    "a page instead": OK + b"Content-Type: text/html\r\n\r\n<html>please log in</html>",
    "a header too long": OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "headers without end": OK + b"X: x\r\n" * 200,
    "a circle": b"HTTP/1.1 302 Found\r\nLocation: /circle\r\n\r\n",
    "to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    "to nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
    **{
        str(status): f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
        for status in (301, 304, 400, 401, 403, 404, 410, 416, 429, 500, 502, 503)
    },
}


@contextmanager
def bad_server() -> Iterator[str]:
    """Yields an address; its path is a number, that of an answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def _serve(listener: socket.socket) -> None:
    answers = list(ANSWERS.values())
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            place = connection.recv(65_536).split(b" ")[1].strip(b"/")
            number = int(place) if place.isdigit() else list(ANSWERS).index("a circle")
            connection.sendall(answers[number])
            connection.shutdown(socket.SHUT_WR)
