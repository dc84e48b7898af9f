"""An answer that comes in pieces, put together: live, event by event, or of a body that came whole."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater
from rag_eval.targets.http import signs
from rag_eval.targets.http.extraction import StreamContent
from rag_eval.targets.http.paths import path_of, search
from rag_eval.targets.http.stream_text import Piece, StreamText, join_pieces
from rag_eval.targets.http.vercel import of_line

BYTE_ORDER_MARK = "\ufeff"
_JSON_BEGINS = frozenset('{["')


@dataclass
class StreamHabits:
    """What the streams of one service were seen to do; the next ones are read by it."""

    ends: bool = False
    """One said that it was whole: one that does not was cut off."""
    cumulative: bool = False
    """The pieces of one held all of the text so far."""


@dataclass(frozen=True)
class StreamResult:
    """A whole stream."""

    text: str
    body: StreamContent
    pieces: tuple[Piece, ...]
    joined: StreamText

    def came(self, place: int) -> float:
        """When the sign at a place of the text came, by the clock of `time.perf_counter`."""
        return next(piece.at for piece, end in zip(self.pieces, self.joined.ends, strict=True) if end > place)


@dataclass
class StreamAssembler:
    """A stream as it comes together. `where` names the service in errors."""

    stream: config.StreamConfig
    habits: StreamHabits = field(default_factory=StreamHabits)
    where: str = ""
    _events: list[Any] = field(default_factory=list)
    _merged: dict[str, Any] = field(default_factory=dict)
    _pieces: list[Piece] = field(default_factory=list)
    _ended: int | None = None
    """How many pieces had come when the service said that it was all."""
    _done: bool = False
    _announced: bool = False
    _broken: str = ""
    """The last event, if it was no JSON."""

    def __post_init__(self) -> None:
        """Compile what tells pieces; raises `ConfigError`."""
        self._path = path_of(self.stream.piece, "target.stream.delta") if self.stream.piece else None

    def feed(self, name: str, data: str) -> bool:
        """One event; whether it was the last. Raises `TargetError` for one that tells of an error."""
        self._demand_json()
        if self.stream.kind == "text":
            self._pieces.append(Piece(data, time.perf_counter()))
            return False
        if data.strip() == self.stream.done:
            self._ended, self._done = len(self._pieces), True
            return True
        event = signs.event(name, of_line(data) if self.stream.kind == "vercel" else self._parsed(name, data))
        if trouble := signs.trouble(event):
            raise TargetError(f"{self._at}the answer is not whole, {trouble.message}", reason=trouble.reason)
        if self._path is None and data and not signs.is_end(event):
            self._pieces.append(Piece(data, time.perf_counter(), event.kinds))
        elif event.value is not None:
            self._keep(event)
        self._announced = self._announced or signs.announces(event)
        if signs.is_end(event):
            self._ended = len(self._pieces)
        return False

    def finish(self) -> StreamResult:
        """The whole answer; raises `TargetError` where there is none, `RetryLater` where it was cut off."""
        if self._broken.lstrip()[:1] in _JSON_BEGINS:
            raise RetryLater(f"{self._at}the stream broke off in the middle of an event", reason=Reason.CUT_OFF)
        self._demand_json()
        try:
            whole = join_pieces(self._pieces, self.stream.pieces, cumulative=self.habits.cumulative)
        except TargetError as error:
            raise TargetError(f"{self._at}{error}", reason=error.reason) from error
        has_end = self._has_end(whole)
        self._demand_end(has_end=has_end)
        if not whole.text.strip():
            place = f" at {self.stream.piece!r}" if self.stream.piece else ""
            message = f"{self._at}no text{place} in any event of the stream"
            raise TargetError(message, reason=Reason.NO_ANSWER)
        self.habits.ends = self.habits.ends or has_end
        self.habits.cumulative = self.habits.cumulative or whole.cumulative
        last = self._merged or (self._events[-1] if self._events else None)
        body = StreamContent(last, tuple(self._events), has_end=has_end or self.stream.needs_done is False)
        return StreamResult(whole.text, body, tuple(self._pieces), whole)

    @property
    def _at(self) -> str:
        return f"{self.where}: " if self.where else ""

    def _parsed(self, name: str, data: str) -> Any:
        if not data.strip():
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            if self._path is None or signs.trouble(event := signs.event(name, data)) or signs.is_end(event):
                return data
            self._broken = data
            return None

    def _demand_json(self) -> None:
        if self._broken:
            message = f"{self._at}an event of the stream is no JSON: {self._broken!r}"
            raise TargetError(message, reason=Reason.NOT_JSON)

    def _keep(self, event: signs.StreamEvent) -> None:
        value = event.value
        self._events.append(value)
        if isinstance(value, dict):
            self._merged.update({key: inner for key, inner in value.items() if inner is not None})
        piece = search(self._path, value, "target.stream.delta")
        if isinstance(piece, str) and piece and not signs.is_aside(event):
            keys = frozenset(value) if isinstance(value, dict) else frozenset()
            self._pieces.append(Piece(piece, time.perf_counter(), event.kinds, keys))

    def _has_end(self, whole: StreamText) -> bool:
        """Whether the service said that it was all, and nothing more came then."""
        if self._ended is None:
            return False
        return self._ended == len(self._pieces) or (self._ended > 0 and whole.ends[self._ended - 1] == len(whole.text))

    def _demand_end(self, *, has_end: bool) -> None:
        needs, done = self.stream.needs_done, self.stream.done
        if needs is True and not self._done:
            raise RetryLater(f"{self._at}the stream ended without {done!r}", reason=Reason.CUT_OFF)
        if needs != "auto" or has_end or not (self._announced or self.habits.ends):
            return
        why = "as its protocol demands" if self._announced else "as other streams of this service have"
        message = f"{self._at}the stream broke off: it has no sign of the end, {why}"
        raise RetryLater(f"{message}. If it never has: target.stream.needs_done: false", reason=Reason.CUT_OFF)


def whole(body: bytes, stream: config.StreamConfig | None) -> tuple[Any, str | None]:
    """The object that a body holds, and the text that its pieces come to; None for one that is not in pieces.

    Raises `TargetError` for what is no JSON and for a stream that holds no text, `RetryLater` for one that was cut off.
    """
    if stream is None:
        try:
            return json.loads(body), None
        except (ValueError, RecursionError) as error:
            raise TargetError(f"the answer is no JSON: {error}", reason=Reason.NOT_JSON) from error
    assembly = StreamAssembler(stream)
    for name, data in events(body, stream):
        if assembly.feed(name, data):
            break
    assembled = assembly.finish()
    return assembled.body, assembled.text


def events(body: bytes, stream: config.StreamConfig) -> Iterator[tuple[str, str]]:
    """The name and the data of each event of a whole body; raises `TargetError` for what is no stream."""
    match stream.kind:
        case "sse":
            yield from _sse(body)
        case "text":
            yield "", body.decode("utf-8", "replace")
        case _:
            yield from _lines(body)


def _sse(body: bytes) -> Iterator[tuple[str, str]]:
    # The parser asks a response for its bytes, and that for the request it answers: one that was never sent will do.
    request = httpx2.Request("POST", "http://127.0.0.1/")
    content = body.removeprefix(BYTE_ORDER_MARK.encode()) + b"\n\n"  # the last event too, if nothing ends it
    response = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=content, request=request)
    try:
        for event in httpx2.EventSource(response, max_event_size=len(content)):
            yield event.event, event.data
    except httpx2.SSEError as error:
        raise TargetError(f"the stream is none of events: {error}", reason=Reason.NOT_A_STREAM) from error


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    lines = body.removeprefix(BYTE_ORDER_MARK.encode()).split(b"\n")
    return (("", line.decode("utf-8", "replace")) for line in lines if line.strip())
