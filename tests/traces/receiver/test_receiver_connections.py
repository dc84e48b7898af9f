"""Connections on which nothing is asked keep nobody away."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.receiving import MANY, post, raw, receiving

_HALF = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def _connection(url: str, sent: bytes = b"") -> Iterator[socket.socket]:
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=60) as connection:
        connection.sendall(sent)
        yield connection


def test_half_open_connections_make_room(tmp_path: Path) -> None:
    """More of them than may be open at once, silent or with half a head: whoever asks is answered."""
    limits = replace(MANY, connections=12, header_seconds=600.0)
    with receiving(tmp_path / "capture", limits) as running, ExitStack() as open_:
        for number in range(40):
            open_.enter_context(_connection(running.url, _HALF if number % 2 else b""))
        assert post(running.url, raw(1)).status == 200
        assert post(running.url, raw(2)).status == 200
    assert running.counts.traces == 2


@pytest.mark.parametrize("sent", [b"", b"P", _HALF])
def test_headers_have_a_time(tmp_path: Path, sent: bytes) -> None:
    """A connection whose headers do not come is ended."""
    with (
        receiving(tmp_path / "capture", replace(MANY, header_seconds=0.05)) as running,
        _connection(running.url, sent) as connection,
    ):
        assert _rest(connection) == b""


def test_headers_of_a_second_request_have_a_time(tmp_path: Path) -> None:
    """On a connection that was used before, too."""
    with (
        receiving(tmp_path / "capture", replace(MANY, header_seconds=0.2)) as running,
        _connection(running.url, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") as connection,
    ):
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.sendall(_HALF)
        assert b"HTTP/1.1" not in _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    """What comes until the other side ends."""
    parts = []
    try:
        while part := connection.recv(4096):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)
