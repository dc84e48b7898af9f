"""Where the sentences of a document stand, by offset: lines that are only wrapped belong together, code is no prose."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rag_eval.language.sentences import abbreviated

_FENCE: Final = re.compile(r"\s*(```+(?=[^`]*$)|~~~+)")
_HEADING: Final = re.compile(r"\s{0,3}#{1,6}\s")
_ITEM: Final = re.compile(r"\s*(?:[-*+•–·]|\(?\d{1,3}[.)])\s+")
_ROW: Final = re.compile(r"\s*\|")
_QUOTE: Final = re.compile(r"\s*>\s?")
_MARKUP: Final = re.compile(r"\s*(?:<[^>]*>|\{\{[^}]*\}\}|\[[^\]]+\]:\s|!\[)")
_STOP: Final = re.compile(
    r"(?<=[.!?…])[\"'”’)\]*_`]*\s+(?=[\"'“‘(\[*_`]*[^a-z\s])"
    r"|(?<=[。！？।])\s*"  # noqa: RUF001 - full-width stops are meant
)


class TextSpan(NamedTuple):
    """A stretch of a text, from one offset up to another, and what stands there."""

    start: int
    end: int
    kind: str
    """`prose`, `item` of a list, `row` of a table, or `heading`."""


def sentence_spans(text: str) -> list[TextSpan]:
    """The sentences, list items, table rows and headings of a text, in order, without white space around them."""
    return [span for block in _blocks(text) for span in _cut(text, block)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line
        at += len(line)


def _blocks(text: str) -> Iterator[TextSpan]:
    """Lines put together as they belong; code between fences is left out."""
    block: TextSpan | None = None
    fence = ""
    for at, line in _lines(text):
        mark = _FENCE.match(line)
        if fence or mark:
            fence = _fenced(fence, line.strip(), mark)
            kind, joins = "code", False
        else:
            kind, joins = _kind(line), block is not None and _continues(block, line)
        if block is not None and not joins:
            yield block
            block = None
        if kind in ("code", "blank", "markup"):
            continue
        block = (
            TextSpan(block.start, at + len(line), block.kind) if block and joins else TextSpan(at, at + len(line), kind)
        )
    if block is not None:
        yield block


def _fenced(fence: str, line: str, mark: re.Match[str] | None) -> str:
    """The fence that is open after a line; one with words behind it opens and does not close."""
    if not fence:
        return mark[1] if mark else ""
    return "" if line.startswith(fence) and not line.strip("`~") else fence


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    for kind, pattern in (("heading", _HEADING), ("row", _ROW), ("item", _ITEM), ("markup", _MARKUP)):
        if pattern.match(line):
            return kind
    return "prose"


def _continues(block: TextSpan, line: str) -> bool:
    """Whether a line goes on with what stands before it: only wrapped prose does."""
    return block.kind in ("prose", "item") and _kind(line) == "prose"


def _cut(text: str, block: TextSpan) -> Iterator[TextSpan]:
    start = block.start
    if head := (_ITEM if block.kind == "item" else _HEADING if block.kind == "heading" else _QUOTE).match(
        text, block.start, block.end
    ):
        start = head.end()
    if block.kind in ("row", "heading"):
        yield from _trimmed(text, start, block.end, block.kind)
        return
    for stop in _STOP.finditer(text, start, block.end):
        if not abbreviated(text[max(start, stop.start() - 12) : stop.start()]):
            yield from _trimmed(text, start, stop.end(), block.kind)
            start = stop.end()
    yield from _trimmed(text, start, block.end, block.kind)


def _trimmed(text: str, start: int, end: int, kind: str) -> Iterator[TextSpan]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield TextSpan(start, end, kind)
