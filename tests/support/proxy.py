"""A forward proxy on loopback that keeps the address of every connection made through it."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit

from support.door import pump


class LoggingProxy:
    """Used as `with LoggingProxy() as proxy`; `proxy.seen` are the addresses as `host:port`."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """What `HTTP_PROXY` is set to."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Pass one connection on; a plain request is sent on with its connection closed after the answer."""
        with client, contextlib.suppress(OSError, ValueError):
            head = _head(client)
            method, url, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            parts = urlsplit(f"//{url}" if method == "CONNECT" else url)
            address = (parts.hostname or "", parts.port or 80)
            self.seen.add(f"{address[0]}:{address[1]}")
            with socket.create_connection(address, timeout=30) as upstream:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    upstream.sendall(_closing(head))
                back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
                back.start()
                pump(client, upstream)
                back.join()


def _head(client: socket.socket) -> bytes:
    """What was sent up to the end of the headers, and whatever came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            raise ValueError("no request")
        data += more
    return data


def _closing(head: bytes) -> bytes:
    """The head as the server itself is sent it: its path without the host, and one request a connection."""
    headers, _, rest = head.partition(b"\r\n\r\n")
    first, *others = headers.split(b"\r\n")
    method, url, version = first.split(b" ")
    path = b"/" + url.split(b"/", 3)[3] if url.count(b"/") > 2 else b"/"
    kept = [line for line in others if not line.lower().startswith((b"connection:", b"proxy-"))]
    lines = [b" ".join((method, path, version)), *kept]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + rest
