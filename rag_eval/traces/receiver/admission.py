"""Who may send, how often, and how much may wait in memory at once."""

import hmac
import ipaddress
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from rag_eval.errors import UsageError
from rag_eval.traces.receiver.refusal import UNKNOWN, RequestRefusal, overloaded
from rag_eval.traces.receiver.requests import JSON, PROTOBUF
from rag_eval.traces.receiver.wire import ENCODINGS

_SHORTEST_TOKEN = 16
_SCHEME = "bearer "


@dataclass(frozen=True)
class ReceiverLimits:
    """How much the receiver takes."""

    rate: str = "600/minute"
    """Requests of one address, as the `limits` library writes it."""
    body: int = 16 << 20
    """Bytes of a request, packed and unpacked."""
    waiting_bytes: int = 64 << 20
    """Bytes of all requests that are on their way."""
    waiting: int = 128
    """Requests that are on their way."""
    connections: int = 1024
    header_seconds: float = 10.0
    """For the headers of a request to arrive."""
    seconds: float = 30.0
    """For the body of a request to arrive."""
    patience: float = 8.0
    """Seconds that a body may wait to be written; OpenTelemetry's exporters give up after ten."""


def expect_token(host: str, name: str | None, environ: Mapping[str, str]) -> str | None:
    """The token out of an environment variable; raises `UsageError` where one is needed and there is none."""
    if name is None:
        if not _is_loopback(host):
            raise UsageError(
                f"--host {host}: others can reach that, so they must show a token. "
                "Do: export CAPTURE_TOKEN=$(openssl rand -hex 32), and add --token-env CAPTURE_TOKEN"
            )
        return None
    token = environ.get(name, "").strip()
    if len(token) < _SHORTEST_TOKEN:
        raise UsageError(
            f"--token-env {name}: expected a token of {_SHORTEST_TOKEN} characters or more in that variable, "
            f"found {len(token)}. Do: export {name}=$(openssl rand -hex 32)"
        )
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Admission:
    """Keeps count of requests by address, and of what is on its way; raises `RequestRefusal`."""

    def __init__(self, limits: ReceiverLimits, token: str | None) -> None:
        self.limits, self._token = limits, token
        try:
            self._rate = parse(limits.rate)
        except ValueError as error:
            raise UsageError(f"--limit {limits.rate!r}: expected a rate such as 600/minute or 20/second") from error
        self._counter = FixedWindowRateLimiter(MemoryStorage())
        self.requests = self.bytes = 0

    @contextmanager
    def one_more(self) -> Iterator["RequestMemory"]:
        """Room for one request, given back in the end."""
        if self.requests >= self.limits.waiting:
            raise overloaded(f"{self.requests} requests are waiting")
        self.requests += 1
        room = RequestMemory(self)
        try:
            yield room
        finally:
            self.requests -= 1
            self.bytes -= room.taken

    def let_in(self, address: str, header: Callable[[str], str | None]) -> None:
        """Whether a request may be read, by its headers."""
        if not self._counter.hit(self._rate, address):
            reset = self._counter.get_window_stats(self._rate, address).reset_time
            raise RequestRefusal(429, f"more than {self._rate}", retry_after=max(1, math.ceil(reset - time.time())))
        if header("origin") is not None:
            # Browsers say where a page came from, exporters do not: no page may write into a capture.
            raise RequestRefusal(403, "requests of web pages are not taken")
        if self._token is not None and not _shows(header("authorization") or "", self._token):
            raise RequestRefusal(UNKNOWN, "expected the header authorization: Bearer TOKEN with the receiver's token")

    def content(self, header: Callable[[str], str | None]) -> tuple[str, str]:
        """Media type and encoding of a body; raises `RequestRefusal` for others than OTLP has."""
        media = (header("content-type") or "").partition(";")[0].strip().lower()
        if media not in {JSON, PROTOBUF}:
            raise RequestRefusal(415, f"expected the content type {PROTOBUF} or {JSON}")
        encoding = (header("content-encoding") or "").strip().lower()
        if encoding not in ENCODINGS:
            raise RequestRefusal(415, "expected the content encoding gzip, deflate or identity")
        length = header("content-length") or "0"
        if not length.isdecimal() or int(length) > self.limits.body:
            raise self.too_large()
        return media, encoding

    def too_large(self) -> RequestRefusal:
        """What is said of a body that is over the limit."""
        return RequestRefusal(413, f"the body is larger than {self.limits.body} bytes; send smaller batches")


class RequestMemory:
    """The bytes of one request that are in memory."""

    def __init__(self, gate: Admission) -> None:
        self._gate, self.taken = gate, 0

    def take(self, size: int) -> None:
        """Count bytes before they are kept; raises `RequestRefusal` where the request or all together are too many."""
        if self.taken + size > self._gate.limits.body:
            raise self._gate.too_large()
        if self._gate.bytes + size > self._gate.limits.waiting_bytes:
            raise overloaded("too much is waiting to be written")
        self.taken += size
        self._gate.bytes += size


def _shows(authorization: str, token: str) -> bool:
    if not authorization.lower().startswith(_SCHEME):
        return False
    return hmac.compare_digest(authorization[len(_SCHEME) :].strip().encode(), token.encode())
