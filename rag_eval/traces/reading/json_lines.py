"""JSON values in a file: one a line, one document, or several one after the other."""

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from rag_eval.traces import jsontext
from rag_eval.traces.reading.json_cursor import WHOLE, JsonCursor, UnreadableJsonError, pieces

_SHOWN = 60


class JsonPiece(NamedTuple):
    """A value and its line; 0 in a document that takes many lines, or whose one line is a list."""

    line: int
    value: Any


@dataclass(frozen=True)
class BrokenPiece:
    """What could not be read."""

    line: int
    reason: str
    message: str


def read(stream: io.BufferedReader) -> Iterator[JsonPiece | BrokenPiece]:
    """Yield every value; a broken line costs itself alone, and a line of any length is read in bounded memory."""
    begun = False
    for number in count(1):
        line = stream.readline(WHOLE)
        if not line:
            return
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.isspace():
            continue
        if len(line) >= WHOLE and not line.endswith(b"\n"):
            yield from _long(line, stream, number)
        elif (piece := _line(line, number)) is None:
            if not begun and _begins_document(line, stream):
                yield from _document(line, stream)
                return
            yield _broken(line, number)
        else:
            yield piece
        begun = True


def _line(line: bytes, number: int) -> JsonPiece | None:
    try:
        value = jsontext.loads(line)
    except (ValueError, RecursionError):
        return None
    return JsonPiece(0 if isinstance(value, list) else number, value)


def _broken(line: bytes, number: int) -> BrokenPiece:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return BrokenPiece(number, "not_utf8", f"expected UTF-8, found byte 0x{line[error.start]:02x} at {error.start}")
    try:
        jsontext.loads(text)
    except RecursionError:
        return BrokenPiece(number, "broken_json", "the line is nested too deep to be read")
    except ValueError as error:
        start = text.strip()
        shown = start if len(start) <= _SHOWN else f"{start[:_SHOWN]}…"
        return BrokenPiece(number, "broken_json", f"the line is not JSON or breaks off ({error}): {shown}")
    return BrokenPiece(number, "broken_json", "the line is not JSON")


def _begins_document(line: bytes, stream: io.BufferedReader) -> bool:
    """Whether a line that is no value by itself is the first of many; not so where the next is a value."""
    if line.rstrip().endswith((b"{", b"[", b",", b":")):
        return True
    ahead = stream.peek().lstrip()
    following, newline, _ = ahead.partition(b"\n")
    if not newline:
        return bool(following) and not following.startswith(b'{"')
    piece = _line(following, 0)
    return piece is None or not isinstance(piece.value, dict)


def _document(line: bytes, stream: io.BufferedReader) -> Iterator[JsonPiece | BrokenPiece]:
    try:
        cursor = JsonCursor(line, stream.read)
        mended = False
        while mark := cursor.peek():
            if mended and mark in ",]}":  # what is left of the list around a broken member
                cursor.take(mark)
                continue
            try:
                for value in pieces(cursor):
                    yield JsonPiece(0, value)
            except UnreadableJsonError as error:
                yield BrokenPiece(0, "broken_json", f"a part of the file {error}")
                mended = cursor.skip_line()
                if not mended:
                    return
    except UnreadableJsonError as error:
        yield BrokenPiece(0, "broken_json", f"the file {error}")
    except RecursionError:
        yield BrokenPiece(0, "broken_json", "the file is nested too deep to be read")


def _long(line: bytes, stream: io.BufferedReader, number: int) -> Iterator[JsonPiece | BrokenPiece]:
    """A line that is too long to be held: its value piece by piece."""
    more = _to_the_end(stream)
    place = 0 if line.lstrip().startswith(b"[") else number
    try:
        for value in pieces(JsonCursor(line, more)):
            yield JsonPiece(place, value)
    except UnreadableJsonError as error:
        yield BrokenPiece(number, "broken_json", f"the line {error}")
    except RecursionError:
        yield BrokenPiece(number, "broken_json", "the line is nested too deep to be read")
    while more(WHOLE):
        pass


def _to_the_end(stream: io.BufferedReader) -> Callable[[int], bytes]:
    """Read on to the end of the line, and not beyond."""
    ended = False

    def more(size: int) -> bytes:
        nonlocal ended
        raw = b"" if ended else stream.readline(size)
        ended = not raw or raw.endswith(b"\n")
        return raw

    return more
