"""JSON too large to be read at once, piece by piece.

What fits is decoded whole. Of what does not, lists are opened and their members given one by one, each inside the
objects that stood around it, so that whoever reads a piece sees what the whole looked like.
"""

import codecs
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any

from rag_eval.traces.jsontext import decoder, scrubbed

WHOLE = 4 << 20
"""Bytes up to which a value is decoded at once."""
LONGEST = 256 << 20
"""Bytes that a single value that cannot be opened may take."""
_CHUNK = 1 << 20
_CONTAINERS = frozenset(
    {"resourceSpans", "resource_spans", "batches", "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "spans",
     "data", "trace", "traces", "runs", "child_runs", "observations", "results", "items", "rows"}
)  # fmt: skip
_SPACE = " \t\r\n"


class UnreadableJsonError(ValueError):
    """What stands here is no JSON, or it breaks off."""


class JsonCursor:
    """A place in a JSON text of which only a part is in memory."""

    def __init__(self, begun: bytes, more: Callable[[int], bytes]) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._more, self._ended = more, False
        self._text, self._at = "", 0
        self._take(begun)

    def _take(self, raw: bytes) -> None:
        try:
            self._text += self._utf8.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise UnreadableJsonError(f"is not UTF-8 (byte 0x{error.object[error.start]:02x})") from error

    def _fill(self, size: int = 0) -> bool:
        """Read on; false where the text is at its end."""
        if self._ended:
            return False
        raw = self._more(size or _CHUNK)
        self._ended = not raw
        self._text, self._at = self._text[self._at :], 0
        self._take(raw)
        return bool(raw)

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, wanted: str) -> None:
        """Step over a character that must stand here."""
        if (mark := self.peek()) != wanted:
            raise UnreadableJsonError(
                f"breaks off before {wanted!r}" if not mark else f"has {mark!r} instead of {wanted!r}"
            )
        self._at += 1

    def value(self, most: int = LONGEST) -> Any:
        """Decode what stands here; raises `UnreadableJsonError`, also where it is larger than may be."""
        self.peek()
        while True:
            try:
                value, end = decoder().raw_decode(self._text, self._at)
            except (JSONDecodeError, RecursionError) as error:
                problem = error.msg if isinstance(error, JSONDecodeError) else "nested too deep"
                end = len(self._text)
            else:
                if end < len(self._text) or self._ended:  # a number might go on
                    self._at = end
                    return scrubbed(value)
                problem = "breaks off"
            self._read_on(most, problem)

    def _read_on(self, most: int, problem: str) -> None:
        waiting = len(self._text) - self._at
        if waiting > most:
            raise UnreadableJsonError("is larger than can be read at once")
        if not self._fill(min(max(_CHUNK, waiting), most - waiting + 1)) and problem != "breaks off":
            raise UnreadableJsonError(f"is not JSON or breaks off ({problem})")

    def small(self) -> tuple[bool, Any]:
        """Whether what stands here could be decoded at once, and its value."""
        try:
            return True, self.value(WHOLE)
        except UnreadableJsonError:
            return False, None

    def skip_line(self) -> bool:
        """Go on behind a broken piece, at the next line that begins with an object; false where there is none."""
        while True:
            place = self._text.find("\n{", self._at)
            if place >= 0:
                self._at = place + 1
                return True
            self._at = max(self._at, len(self._text) - 1)
            if not self._fill():
                return False


def pieces(cursor: JsonCursor) -> Iterator[Any]:
    """What stands at the cursor, in as many pieces as it takes; raises `UnreadableJsonError` where it goes wrong."""
    match cursor.peek():
        case "[":
            for _ in _members(cursor):
                yield from pieces(cursor)
        case "{":
            fits, value = cursor.small()
            if fits:
                yield value
            else:
                yield from _opened(cursor)
        case _:
            yield cursor.value()


def _members(cursor: JsonCursor) -> Iterator[None]:
    """Stop at each member of a list; whoever loops reads it."""
    cursor.take("[")
    while cursor.peek() != "]":
        yield
        if cursor.peek() != "]":
            cursor.take(",")
    cursor.take("]")


def _opened(cursor: JsonCursor) -> Iterator[Any]:
    """An object that is too large: pieces of the lists in it, each with the fields that stood before."""
    cursor.take("{")
    beside: dict[str, Any] = {}
    opened = False
    while cursor.peek() != "}":
        name = str(cursor.value())
        cursor.take(":")
        mark = cursor.peek()
        if name in _CONTAINERS and mark in "[{":
            opened = True
            yield from ({**beside, name: [piece] if mark == "[" else piece} for piece in pieces(cursor))
        else:
            beside[name] = cursor.value()
        if cursor.peek() != "}":
            cursor.take(",")
    cursor.take("}")
    if not opened:
        yield beside
