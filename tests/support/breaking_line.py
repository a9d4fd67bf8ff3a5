"""A line to a server on loopback that breaks after so many bytes, and can be mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """Forwards connections, in both directions, until `break_after` bytes have gone through."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.left: float = float("inf")
        self.lock = threading.Lock()
        self.ends: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def break_after(self, num_bytes: int) -> None:
        """Lets so many bytes through, then closes every connection and refuses new ones."""
        self.left = num_bytes

    def mend(self) -> None:
        """Lets everything through again."""
        self.left = float("inf")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.left <= 0:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self.server_port))
                self.ends |= {client, server}
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                with self.lock:
                    self.left -= len(data)
                    is_broken = self.left <= 0
                if is_broken:
                    self._close_all()
                    return
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _close_all(self) -> None:
        with self.lock:
            ends, self.ends = self.ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def breaking_line(server_url: str) -> Iterator[Line]:
    """Yields a line to a server."""
    line = Line(int(server_url.rpartition(":")[2]))
    yield line
    line.listener.close()
