"""A door to a server that goes on: shut, it refuses connections as a server that was stopped does; then open again."""

import contextlib
import socket
import threading
from typing import Self


class Door:
    """Used as `with Door(port) as door`, then `door.port`; it is open at first."""

    def __init__(self, port: int) -> None:
        self._inner = port
        self.port = 0
        """Where it listens on the loopback address; the same each time it is opened."""
        self._listener: socket.socket | None = None
        self._passing = set[socket.socket]()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def open(self) -> None:
        """Let connections in."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse whoever comes, and break off what goes on."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in self._passing.copy():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                outside, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(outside,), daemon=True).start()

    def _pass(self, outside: socket.socket) -> None:
        with outside, socket.create_connection(("127.0.0.1", self._inner)) as inside:
            self._passing.add(outside)
            back = threading.Thread(target=pump, args=(inside, outside), daemon=True)
            back.start()
            pump(outside, inside)
            back.join()
            self._passing.discard(outside)


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Hand on all bytes of one side to the other until it ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
