"""Lines of a page that stand in columns as rows of a table, the others as prose."""

import re
from collections.abc import Callable, Iterator, Sequence
from statistics import mode
from typing import Final, NamedTuple, Self

_FEWEST_ROWS: Final = 2
_WITHIN: Final = 2
"""Lines of a single cell, such as a heading between rows, that may stand between rows of a table."""
_LONGEST_LABEL: Final = 80
"""Letters of such a line."""
_BEFORE: Final = re.compile(r"[$€£¥(]|\(?(?:US|C|A)?[$€£¥]\(?")
"""What is set apart from the number that it belongs to, so that it stands in a column of its own."""
_BEHIND: Final = re.compile(r"[)%]+|\)?[%‰]\)?")
_SIGN_APART: Final = re.compile(r"(?<=[$€£¥(]) (?=[\d(.,])|(?<=\d) (?=[)%])")


class Segment(NamedTuple):
    """Words that stand close together in a line."""

    left: float
    right: float
    text: str


class Line(NamedTuple):
    """What stands at one height."""

    base: float
    """Of its letters, from the bottom of the page, in points."""
    size: float
    """Of its letters, from their lowest to their highest point."""
    segments: tuple[Segment, ...]

    def only(self, which: Callable[[Segment], bool]) -> Self:
        """The line with some of its segments."""
        return self._replace(segments=tuple(segment for segment in self.segments if which(segment)))

    @property
    def words(self) -> str:
        """All of it, as prose."""
        return " ".join(segment.text for segment in self.segments)


def text(lines: Sequence[Line], paragraph_ends: Callable[[Sequence[Line]], list[bool]]) -> str:
    """The lines as text; rows of tables as `| a | b |`, and a blank line where a paragraph or a table ends."""
    ends = [*paragraph_ends(lines), False]
    parts: list[str] = []
    done = 0
    for start, stop in _tables(lines):
        parts.extend(_prose(lines[done:start], ends[done:start]))
        parts.append("\n".join(_rows(lines[start:stop])))
        done = stop
    parts.extend(_prose(lines[done:], ends[done:]))
    return "\n\n".join(parts)


def _prose(lines: Sequence[Line], ends: Sequence[bool]) -> Iterator[str]:
    paragraph: list[str] = []
    for line, last in zip(lines, ends, strict=True):
        paragraph.append(line.words)
        if last:
            yield "\n".join(paragraph)
            paragraph = []
    if paragraph:
        yield "\n".join(paragraph)


def _tables(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Where tables begin and end."""
    at = 0
    while at < len(lines):
        stop = _end(lines, at) if len(lines[at].segments) > 1 else at
        if sum(len(line.segments) > 1 for line in lines[at:stop]) >= _FEWEST_ROWS:
            yield at, stop
            at = stop
        else:
            at += 1


def _end(lines: Sequence[Line], start: int) -> int:
    """Behind the last row of what begins as a table."""
    stop = start + 1
    for at in range(start + 1, len(lines)):
        if len(lines[at].segments) > 1:
            stop = at + 1
        elif at - stop >= _WITHIN or len(lines[at].words) > _LONGEST_LABEL:
            break
    return stop


def _rows(lines: Sequence[Line]) -> Iterator[str]:
    rows = [_with_signs(line.segments) for line in lines]
    columns = _columns(rows)
    for row in rows:
        cells = [""] * len(columns)
        for segment in row:
            place = _column(segment, columns)
            cells[place] = f"{cells[place]} {segment.text}".strip()
        yield f"| {' | '.join(cells)} |"


def _with_signs(segments: Sequence[Segment]) -> list[Segment]:
    """Cells in which the sign of a currency, brackets and the like stand with their number."""
    kept: list[Segment] = []
    for segment in segments:
        before = kept[-1] if kept else None
        if before and (_BEFORE.fullmatch(before.text) or _BEHIND.fullmatch(segment.text)):
            kept[-1] = Segment(before.left, segment.right, before.text + segment.text)
        else:
            kept.append(segment)
    return [segment._replace(text=_SIGN_APART.sub("", segment.text)) for segment in kept]


def _columns(rows: Sequence[Sequence[Segment]]) -> list[tuple[float, float]]:
    """From where to where each column goes, by the rows that have as many cells as most, or more."""
    usual = mode(len(row) for row in rows if len(row) > 1)
    merged: list[tuple[float, float]] = []
    for left, right in sorted((cell.left, cell.right) for row in rows if len(row) >= usual for cell in row):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _column(cell: Segment, columns: Sequence[tuple[float, float]]) -> int:
    """The column that a cell shares most of its width with, else the nearest."""

    def shared(number: int) -> float:
        left, right = columns[number]
        return min(cell.right, right) - max(cell.left, left)

    return max(range(len(columns)), key=lambda number: (shared(number), -number))
