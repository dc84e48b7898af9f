"""A RAG service on loopback that misbehaves on a share of calls, on real sockets, and remembers what it did."""

import asyncio
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

FAULTS: Mapping[str, str] = {
    "429": "rate_limited", "429 retry-after": "rate_limited", "500": "http_status", "503": "http_status",
    "drip": "timeout", "hang": "timeout", "reset": "connection", "truncated": "not_json", "text": "not_json",
    "huge": "too_large", "login page": "not_json", "redirect": "redirected", "charset": "not_json",
    "closed": "connection",
}  # fmt: skip
"""What goes wrong, and the reason that a failure for it has."""

LARGE = 30_000_000


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    at: float
    """By the monotonic clock."""
    path: str
    headers: Mapping[str, str]
    body: Any
    question: str


Answer = Callable[[Call], bytes | None]


@dataclass
class Hostile:
    """Used as `with Hostile(...) as service`, then `service.url`."""

    share: float = 0.3
    """Of the calls that go wrong."""
    faults: Sequence[str] = tuple(FAULTS)
    seed: int = 1
    down: Callable[[int], bool] = lambda _: False
    """Whether the service answers 503 to a call, by its number from 1."""
    capacity: int = 1000
    """Calls at a time above which it answers 429."""
    seconds: float = 0.0
    """Of work for each answer."""
    calls: list[Call] = field(default_factory=list)
    did: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Question to what happened to each of its calls, `answered` where nothing went wrong."""
    peak: int = 0
    _now: int = 0
    _wrong: int = 0

    def __enter__(self) -> Self:
        self._rng = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256))
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def answered(self, question: str) -> int:
        """How often a question was answered in good order."""
        return self.did[question].count("answered")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (call := await _read(reader)) is not None:
                self.calls.append(call)
                if not await self._reply(call, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        """Answer one call; whether the connection goes on."""
        self._now += 1
        self.peak = max(self.peak, self._now)
        try:
            fault = self._fault()
            self.did[call.question].append(fault)
            if fault == "answered":
                await asyncio.sleep(self.seconds)
                writer.write(_http(200, _answer(call)))
                await writer.drain()
                return True
            return await _WRONG[fault](call, writer)
        finally:
            self._now -= 1

    def _fault(self) -> str:
        if self.down(len(self.calls)):
            return "503"
        if self._now > self.capacity:
            return "429"
        if self._rng.random() >= self.share:
            return "answered"
        self._wrong += 1
        return self.faults[self._wrong % len(self.faults)]


async def _read(reader: asyncio.StreamReader) -> Call | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    body = json.loads(raw) if "json" in headers.get("content-type", "") else raw.decode()
    question = str(body.get("query", "")) if isinstance(body, dict) else ""
    return Call(time.monotonic(), first.split()[1], headers, body, question)


def _answer(call: Call) -> bytes:
    said = {"answer": f"It is said: {call.question}", "contexts": [{"id": "p1", "text": f"About {call.question}"}]}
    return json.dumps(said).encode()


def _http(status: int, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def _plain(status: int, body: bytes = b'{"error": "no"}', kind: str = "application/json", more: str = "") -> "Wrong":
    async def reply(_: Call, writer: asyncio.StreamWriter) -> bool:
        writer.write(_http(status, body, kind, more))
        await writer.drain()
        return True

    return reply


Wrong = Callable[[Call, asyncio.StreamWriter], Awaitable[bool]]


async def _drip(call: Call, writer: asyncio.StreamWriter) -> bool:
    for sign in _http(200, _answer(call)):
        writer.write(bytes([sign]))
        await writer.drain()
        await asyncio.sleep(0.05)
    return False


async def _hang(_: Call, writer: asyncio.StreamWriter) -> bool:
    await asyncio.sleep(60)
    writer.close()
    return False


async def _reset(call: Call, writer: asyncio.StreamWriter) -> bool:
    writer.write(_http(200, _answer(call))[:-20])
    await writer.drain()
    writer.transport.abort()
    return False


async def _closed(_: Call, writer: asyncio.StreamWriter) -> bool:
    writer.transport.abort()
    return False


async def _huge(_: Call, writer: asyncio.StreamWriter) -> bool:
    writer.write(f"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {LARGE}\r\n\r\n".encode())
    for _part in range(LARGE // 100_000):
        writer.write(b"x" * 100_000)
        await writer.drain()
    return False


async def _truncated(call: Call, writer: asyncio.StreamWriter) -> bool:
    writer.write(_http(200, _answer(call)[:-15]))
    await writer.drain()
    return True


_WRONG: Mapping[str, Wrong] = {
    "429": _plain(429),
    "429 retry-after": _plain(429, more="retry-after: 1\r\n"),
    "500": _plain(500),
    "503": _plain(503),
    "drip": _drip,
    "hang": _hang,
    "reset": _reset,
    "closed": _closed,
    "truncated": _truncated,
    "text": _plain(200, b"It is said.", "text/plain"),
    "huge": _huge,
    "login page": _plain(200, b"<html><body><form action='/login'></form></body></html>", "text/html"),
    "redirect": _plain(302, b"", more="location: http://127.0.0.2:9/elsewhere\r\n"),
    "charset": _plain(200, '{"answer": "caf\u00e9"}'.encode("latin-1"), "application/json; charset=utf-8"),
}
