"""Cutting Markdown into pieces that can be said on their own: sentences, list items, table rows."""

import re
from collections.abc import Iterator

_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_RULE = re.compile(r"[\s|:-]+")
_NOT_TEXT = re.compile(r"\s*(?:#{1,6} |```|~~~|[-*_]{3,}\s*$)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*`]+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)")
_STOP = re.compile(
    r"(?<=[.!?])(?<!\bNo\.)(?<!\bSt\.)(?<!\bMr\.)(?<!\bDr\.)(?<!\bMs\.)(?<!e\.g\.)(?<!i\.e\.)\s+(?=[\"'(]?[A-Z0-9])"
)


def sentences(markdown: str) -> list[str]:
    """Cut Markdown into plain sentences, whole list items, and table rows as `Column: cell; Column: cell.`.

    Headings are left out; so is everything that is only layout.
    """
    lines = [line.removeprefix("> ") for line in markdown.split("\n")]
    return [plain for piece in _pieces(lines) if (plain := _plain(piece))]


def _pieces(lines: list[str]) -> Iterator[str]:
    """Yield sentences, items and rows with their inline marks still on."""
    columns: list[str] = []
    block: list[str] = []
    # The empty line at the end closes whatever is still open.
    for line in [*lines, ""]:
        is_row = line.lstrip().startswith("|")
        if is_row or _ITEM.match(line) or _NOT_TEXT.match(line) or not line.strip():
            yield from _close(block)
            block = [line] if _ITEM.match(line) and not _NOT_TEXT.match(line) else []
        else:
            block.append(line)
        if not is_row:
            columns = []
        elif not columns:
            columns = _cells(line)
        elif not _RULE.fullmatch(line):
            yield _row(columns, _cells(line))


def _close(block: list[str]) -> list[str]:
    """Join the lines of a block; a list item stays whole, a paragraph falls into sentences."""
    text = " ".join(line.strip() for line in block)
    item = _ITEM.match(text)
    return [text[item.end() :]] if item else _STOP.split(text)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _row(columns: list[str], cells: list[str]) -> str:
    named = [f"{column}: {cell}" if column else cell for column, cell in zip(columns, cells, strict=False) if cell]
    return "; ".join(named) + "." if named else ""


def _plain(text: str) -> str:
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()
