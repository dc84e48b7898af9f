"""One request and its answer: in time, not larger than allowed, whole, and from the host that was asked."""

import asyncio
import codecs
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import httpx2

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.language.thinking import first_visible
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.extraction import Timing
from rag_eval.targets.http.stream import BYTE_ORDER_MARK, StreamAssembler, StreamHabits

_MOVED = frozenset({301, 302, 303, 307, 308})
_REST_S = 0.5
"""Seconds in which a service closes a stream that it has ended."""
_SEE_OTHER = frozenset({301, 302, 303})


@dataclass
class ServiceResponse:
    """An answer as it came: its head, its bytes, and when."""

    response: httpx2.Response
    timing: Timing
    body: bytes = b""
    text: str | None = None
    """What the pieces of a stream come to."""
    last: Any = None
    """What a stream held besides pieces of text."""
    moved: bool = False
    """Whether it came from where the service had sent us on: the first request was taken on."""

    @property
    def shown(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode(self.response.encoding or "utf-8", "replace")


_EVENTS = httpx2.Headers({"content-type": "text/event-stream"})
_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_LONGEST_FIELD = max(map(len, _FIELDS))
"""How lines of server-sent events begin, and how many letters it takes to see that."""


class _EventText:
    """The text of a response as the parser of events takes it: without a byte order mark, the last event ended too.

    Services that call their events plain text are common: what begins as events do are events. `where` is named else.
    """

    def __init__(self, response: httpx2.Response, where: str) -> None:
        self.headers, self.request, self._response = _EVENTS, response.request, response
        self._kind, self._where = response.headers.get("content-type", "no content type"), where

    async def aiter_text(self) -> AsyncIterator[str]:
        """Its parts; the parser leaves out an event that no empty line ends. Raises `TargetError` for other text."""
        beginning: str | None = "" if not self._kind.lower().startswith("text/event-stream") else None
        begins = True
        async for part in self._response.aiter_text():
            text = part.removeprefix(BYTE_ORDER_MARK) if begins else part
            begins = begins and not part
            if beginning is not None:
                beginning += text
                if len(beginning.lstrip()) < _LONGEST_FIELD:
                    continue
                self._demand_events(beginning)
                text, beginning = beginning, None
            yield text
        if beginning is not None:
            self._demand_events(beginning)
            yield beginning
        yield "\n\n"

    def _demand_events(self, text: str) -> None:
        if not text.lstrip().startswith(_FIELDS):
            message = f"{self._where}: expected text/event-stream, found {self._kind}"
            raise TargetError(message, reason=Reason.NOT_A_STREAM)


class ResponseReader:
    """Sends requests of one target."""

    def __init__(self, client: httpx2.AsyncClient, config: HttpConfig) -> None:
        self._client, self._config = client, config
        self._habits = StreamHabits()
        if config.stream is not None:
            StreamAssembler(config.stream)  # raises what can be wrong before anything is asked

    async def send(self, request: httpx2.Request, *, streams: bool = True) -> ServiceResponse:
        """The whole answer to a request; raises `TargetError` or `RetryLater`.

        Without `streams` it comes as a whole also of a service that streams its answers.
        """
        async with in_time(self._config.timeout, self._config.url):
            return await self._follow(request, self._config.stream if streams else None)

    async def _follow(self, request: httpx2.Request, stream: config.StreamConfig | None) -> ServiceResponse:
        """Go along with redirects on the same host; to another, credentials and questions do not go."""
        await request.aread()  # of a multipart body, which could not be sent a second time
        asked_at, began = time.time(), time.perf_counter()
        for left in range(self._config.redirects, -1, -1):
            moved = left < self._config.redirects
            try:
                received = await self._once(request, stream, asked_at, began)
            except httpx2.ConnectError as error:
                if not moved:
                    raise
                raise httpx2.ReadError(str(error)) from error  # nothing came of it, but the first was taken on
            received.moved = moved
            target = received.response.headers.get("location")
            if received.response.status_code not in _MOVED or not target or not left:
                return received
            request = self._moved(request, received.response, target)
        raise AssertionError  # the last round returns

    def _moved(self, request: httpx2.Request, response: httpx2.Response, target: str) -> httpx2.Request:
        url = request.url.join(target)
        if (url.scheme, url.host, url.port) != (request.url.scheme, request.url.host, request.url.port):
            message = (
                f"{self._config.url} redirects to another host, {url.host}: neither credentials nor questions go there"
            )
            status = response.status_code
            raise TargetError(
                f"{message}. Name it as target.url if it is right.", reason=Reason.REDIRECTED, status=status
            )
        if response.status_code in _SEE_OTHER and request.method != "GET":
            plain = {k: v for k, v in request.headers.items() if not k.startswith(("content-", "transfer-"))}
            return self._client.build_request("GET", url, headers=plain)
        return self._client.build_request(request.method, url, headers=request.headers, content=request.content)

    async def _once(
        self, request: httpx2.Request, stream: config.StreamConfig | None, asked_at: float, began: float
    ) -> ServiceResponse:
        response = await self._client.send(request, stream=True)
        try:
            if stream is not None and response.is_success and response.status_code != httpx2.codes.ACCEPTED:
                return await self._streamed(response, stream, asked_at, began)
            body = await self._whole(response)
            return ServiceResponse(response, Timing(asked_at, time.perf_counter() - began), body)
        except (httpx2.ReadError, httpx2.RemoteProtocolError) as error:
            # It may be this one question that it breaks off at: a service that answers is not down.
            message = f"{self._config.url}: the answer broke off: {type(error).__name__}: {error}"
            raise RetryLater(message, reason=Reason.CUT_OFF) from error
        finally:
            await response.aclose()

    async def _whole(self, response: httpx2.Response) -> bytes:
        return b"".join([part async for part in self._limited(response.aiter_bytes())])

    async def _limited(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        size, most = 0, self._config.max_response_bytes
        async for part in parts:
            size += len(part)
            if size > most:
                message = f"{self._config.url}: the answer is larger than {most:,} bytes"
                raise TargetError(f"{message}; target.max_response_bytes allows more", reason=Reason.TOO_LARGE)
            yield part

    async def _streamed(
        self, response: httpx2.Response, stream: config.StreamConfig, asked_at: float, began: float
    ) -> ServiceResponse:
        assembly = StreamAssembler(stream, self._habits, self._config.url)
        events = self._events(response, stream.kind)
        async for name, data in events:
            if assembly.feed(name, data):
                break
        seconds = time.perf_counter() - began
        await _drain(events)
        whole = assembly.finish()
        place = first_visible(whole.text) if self._config.select.thinking == "drop" else 0
        timing = Timing(asked_at, seconds, whole.came(place) - began)
        return ServiceResponse(response, timing, text=whole.text, last=whole.body)

    def _events(self, response: httpx2.Response, kind: str) -> AsyncIterator[tuple[str, str]]:
        match kind:
            case "sse":
                return self._sse(response)
            case "text":
                return self._pieces(response)
            case _:
                return self._lines(response)

    async def _pieces(self, response: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
        """Text as it comes, in the charset that is declared."""
        decode = codecs.getincrementaldecoder(charset(response) or "utf-8")("replace").decode
        async for part in self._limited(response.aiter_bytes()):
            if text := decode(part):
                yield "", text

    async def _sse(self, response: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
        size = 0
        source = cast("httpx2.Response", _EventText(response, self._config.url))
        async for event in httpx2.EventSource(source, max_event_size=self._config.max_response_bytes):
            size += len(event.data)
            if size > self._config.max_response_bytes:
                raise TargetError(f"{self._config.url}: the stream is too large", reason=Reason.TOO_LARGE)
            yield event.event, event.data

    async def _lines(self, response: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
        rest, mark, encoding = b"", BYTE_ORDER_MARK.encode(), charset(response) or "utf-8"
        async for part in self._limited(response.aiter_bytes()):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                if line.strip():
                    yield "", line.removeprefix(mark).decode(encoding, "replace")
        if rest.strip():
            yield "", rest.removeprefix(mark).decode(encoding, "replace")


async def _drain(events: AsyncIterator[Any]) -> None:
    """Read on behind the end of a stream, where nothing is: the connection is kept, and the service sees no break."""
    with suppress(TimeoutError, httpx2.HTTPError, httpx2.StreamError, httpx2.SSEError, TargetError):
        async with asyncio.timeout(_REST_S):
            async for _ in events:
                pass


@asynccontextmanager
async def in_time(seconds: float, what: str) -> AsyncIterator[None]:
    """Turn the client's exceptions into ours; `what` names the request, without its secrets.

    The time is for all of it: a service that drips keeps no single read waiting.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise RetryLater(f"{what}: no answer in time ({seconds:g} s)", reason=Reason.TIMEOUT) from error
    except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:  # ours, and no better the next time
        raise TargetError(f"{what}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error
    except httpx2.ConnectError as error:
        raise Unsent(f"{what}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error
    except httpx2.TransportError as error:
        raise RetryLater(f"{what}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error
    except httpx2.DecodingError as error:
        raise TargetError(
            f"{what}: the answer is not what its encoding says: {error}", reason=Reason.NOT_JSON
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, httpx2.SSEError) as error:
        raise TargetError(f"{what}: {type(error).__name__}: {error}", reason=Reason.CONNECTION) from error


class Unsent(RetryLater):
    """A request that surely did not reach the service."""


def charset(response: httpx2.Response) -> str | None:
    """The charset that an answer declares, where Python knows it."""
    declared = response.charset_encoding
    try:
        return declared and codecs.lookup(declared).name
    except LookupError:
        return None


def text_of(received: ServiceResponse, what: str) -> str:
    """The body as text; raises `TargetError` where it is none."""
    text = received.body.decode(charset(received.response) or "utf-8", "replace").removeprefix(BYTE_ORDER_MARK)
    if not text.strip():
        raise TargetError(f"{what}: the answer is empty", reason=Reason.NO_ANSWER)
    return text


def _unicode(received: ServiceResponse) -> str | bytes:
    """A body as JSON has it, which is UTF-8 whatever is declared (RFC 8259), unless it cannot be."""
    declared = charset(received.response)
    try:
        if declared and not declared.startswith("utf"):
            received.body.decode()
    except UnicodeDecodeError:
        return received.body.decode(declared or "")
    return received.body


def parsed(received: ServiceResponse, what: str) -> Any:
    """The body as JSON; raises `TargetError` that says what it is instead."""
    if received.last is not None:
        return received.last
    try:
        return json.loads(_unicode(received))
    except (ValueError, RecursionError) as error:
        kind = received.response.headers.get("content-type", "no content type")
        page = b"<html" in received.body[:1000].lower()
        hint = " An HTML page, such as a login: look at target.auth." if page else ""
        if not page and kind.lower().startswith("text/"):
            hint = " If its answers are plain text: target.receive: text."
        cut = " It is JSON that breaks off." if "json" in kind and received.body.lstrip()[:1] in (b"{", b"[") else ""
        raise TargetError(f"{what}: expected JSON, found {kind}.{hint}{cut}", reason=Reason.NOT_JSON) from error
