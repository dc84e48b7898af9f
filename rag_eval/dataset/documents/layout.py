"""The words of a page as text: lines, columns one after the other, rows of tables as Markdown has them.

Everything goes by where words stand, not by the order in which they were drawn, which some programs choose freely.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import Final, NamedTuple

from rag_eval.dataset.documents import tables
from rag_eval.dataset.documents.tables import Line, Segment

_SAME_LINE: Final = 0.3
"""Difference of baselines, as a share of the letters' size, up to which words stand in one line."""
_RAISED: Final = 0.6
"""The same for words that are much smaller, such as the mark of a footnote."""
_MUCH_SMALLER: Final = 0.8
_TOUCHING: Final = 0.06
"""Gap up to which two pieces that no blank parts are one word, as where the font changes."""
_CELL: Final = 0.9
"""Gap from which what follows is another cell or column."""
_LEADER: Final = re.compile(r"[.·…_]{4,}")
_FEWEST_LETTERS_APART: Final = 4
"""Letters standing alone one after the other from which they are one word that is spaced out."""
_SPACED_OUT: Final = 0.7
"""Widest gap between such letters; from a wider one they are cells of a table."""
_FEWEST_LINES: Final = 3
"""Lines of a column."""
_PROSE_WORDS: Final = 3
_PROSE_SHARE: Final = 0.5
"""Share of the lines of a column that have so many words, by which it is prose and no column of a table."""
_TRIED: Final = 8
"""Left edges that are tried as the beginning of a column."""
_DEEPEST: Final = 4
_WIDE_GAP: Final = 1.35
"""Distance of two lines over the usual one from which a paragraph ends."""
_OTHER_SIZE: Final = 1.15


class PlacedWord(NamedTuple):
    """A word and where it stands, in points; upright, from the left and from the bottom."""

    text: str
    left: float
    right: float
    base: float
    size: float
    turned: int = 0
    """Quarters by which it is turned on the page."""
    spaced: bool = True
    """Whether a blank or a line's end is drawn before it."""


def page_text(words: Iterable[PlacedWord]) -> str:
    """The text of a page in the order in which people read it; blank lines stand between paragraphs.

    What is turned otherwise than most of the page, such as a stamp in its margin, comes last.
    """
    by_turn: dict[int, list[PlacedWord]] = {}
    for word in words:
        by_turn.setdefault(word.turned, []).append(word)
    most = sorted(by_turn.values(), key=lambda each: -sum(len(word.text) for word in each))
    return "\n\n".join(text for each in most if (text := _upright(each)))


def _upright(words: Sequence[PlacedWord]) -> str:
    lines = [line for line in map(_line, _rows(words)) if line.segments]
    return "\n\n".join(text for block in _blocks(lines) if (text := tables.text(block, _paragraph_ends)))


def _rows(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Words of one baseline together, from the top; small ones that are raised or lowered with their neighbours."""
    rows: list[list[PlacedWord]] = []
    for word in sorted(words, key=lambda each: -each.base):
        if rows and rows[-1][0].base - word.base <= _SAME_LINE * min(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
    kept: list[list[PlacedWord]] = []
    for row in rows:
        if kept and _belongs(row, kept[-1]):
            kept[-1] = [*kept[-1], *row]
        else:
            kept.append(row)
    return kept


def _belongs(row: Sequence[PlacedWord], above: Sequence[PlacedWord]) -> bool:
    """Whether one of two rows is of small letters only that touch those of the other."""
    size, other = max(word.size for word in row), max(word.size for word in above)
    small, large = (row, above) if size < other else (above, row)
    if min(size, other) > _MUCH_SMALLER * max(size, other):
        return False
    if abs(row[0].base - above[0].base) > _RAISED * max(size, other):
        return False
    near = _CELL * max(size, other)
    return all(
        any(_gap(*sorted((word, each), key=lambda placed: placed.left)) < near for each in large) for word in small
    )


def _line(row: Sequence[PlacedWord]) -> Line:
    words = sorted(row, key=lambda word: word.left)
    if _right_to_left(words):
        words.reverse()
    size = median(word.size for word in words)
    segments: list[list[PlacedWord]] = []
    for word in _close_up([*_together(words)]):
        if _LEADER.fullmatch(word.text):
            segments.append([])
        elif segments and segments[-1] and _gap(segments[-1][-1], word) <= _CELL * word.size:
            segments[-1].append(word)
        else:
            segments.append([word])
    return Line(median(word.base for word in words), size, tuple(_segment(each) for each in segments if each))


def _segment(words: Sequence[PlacedWord]) -> Segment:
    text = " ".join(word.text for word in words)
    return Segment(min(word.left for word in words), max(word.right for word in words), text)


def _right_to_left(words: Iterable[PlacedWord]) -> bool:
    counts = Counter(unicodedata.bidirectional(letter) for word in words for letter in word.text)
    return counts["R"] + counts["AL"] > counts["L"]


def _gap(word: PlacedWord, after: PlacedWord) -> float:
    return max(after.left - word.right, word.left - after.right)


def _together(words: Sequence[PlacedWord]) -> Iterator[PlacedWord]:
    """Pieces that no blank parts as one word."""
    whole: PlacedWord | None = None
    for word in words:
        if whole is not None and _touch(whole, word):
            left, right = min(whole.left, word.left), max(whole.right, word.right)
            whole = whole._replace(text=whole.text + word.text, left=left, right=right)
            continue
        if whole is not None:
            yield whole
        whole = word
    if whole is not None:
        yield whole


def _touch(word: PlacedWord, after: PlacedWord) -> bool:
    """Whether two pieces stand so near that they are one word, and not drawn upon each other."""
    near = _TOUCHING * min(word.size, after.size)
    return -0.5 * after.size < _gap(word, after) <= near and not after.spaced


def _close_up(words: Sequence[PlacedWord]) -> Iterator[PlacedWord]:
    """Letters that are spaced out, as in headings, as the words that they make; dots that are, as one leader."""
    for kind, run in groupby(words, key=_alone):
        letters = list(run)
        gaps = [_gap(a, b) for a, b in pairwise(letters)]
        if not kind or len(letters) < _FEWEST_LETTERS_APART or min(gaps) > _SPACED_OUT * letters[0].size:
            yield from letters
            continue
        apart = 1.6 * min(gaps) + 0.05 * letters[0].size
        word = letters[0]
        for letter, gap in zip(letters[1:], gaps, strict=True):
            if gap <= apart:
                word = word._replace(text=word.text + letter.text, right=letter.right)
            else:
                yield word
                word = letter
        yield word


def _alone(word: PlacedWord) -> str:
    """Whether a word is a single letter or a dot."""
    if len(word.text) > 1:
        return ""
    return "letter" if word.text.isalpha() else "dot" if word.text in ".·…" else ""


def _blocks(lines: Sequence[Line], depth: int = 0) -> Iterator[list[Line]]:
    """The lines of a page in reading order, as stretches that are read line by line."""
    edge = _gutter(lines) if depth < _DEEPEST else None
    if edge is None:
        if lines:
            yield list(lines)
        return
    for in_columns, stretch in groupby(_bands(lines, edge), key=lambda band: band[0]):
        part = [line for _, band in stretch for line in band]
        if not in_columns:
            yield part
            continue
        for side in _sides(part, edge):
            yield from _blocks(side, depth + 1)


def _bands(lines: Sequence[Line], edge: float) -> Iterator[tuple[bool, list[Line]]]:
    """Stretches of lines between wider gaps or lines that cross an edge, and whether each stands in columns there.

    A stretch too short to tell, such as the headings of two columns, goes with the one before it if it stands as that.
    """
    before = False
    for across, band in groupby(_stretches(lines, edge), key=lambda stretch: _crosses(stretch[0], edge)):
        for stretch in band:
            left, right = _sides(stretch, edge)
            before = not across and (_columns(left, right) or (before and _like_columns(stretch, edge)))
            yield before, stretch


def _stretches(lines: Sequence[Line], edge: float) -> Iterator[list[Line]]:
    distances = [line.base - after.base for line, after in pairwise(lines)]
    wide = _WIDE_GAP * max(median(distances), median(line.size for line in lines)) if distances else 0.0
    stretch: list[Line] = []
    for line, distance in zip(lines, [0.0, *distances], strict=True):
        if stretch and (distance > wide or _crosses(line, edge) != _crosses(stretch[0], edge)):
            yield stretch
            stretch = []
        stretch.append(line)
    yield stretch


def _like_columns(lines: Sequence[Line], edge: float) -> bool:
    """Whether all begin where the columns do, on each side at most once."""
    return all(len(line.segments) <= 2 and abs(line.segments[-1].left - edge) < line.size for line in lines)  # noqa: PLR2004


def _gutter(lines: Sequence[Line]) -> float | None:
    """Just before the left edge of a second column, where some lines have one."""
    edges = Counter(round(segment.left) for line in lines for segment in line.segments)
    for left, count in edges.most_common(_TRIED):
        edge = left - 2.0
        if count < _FEWEST_LINES:
            break
        if any(_columns(*_sides(band, edge)) for band in _stretches(lines, edge) if not _crosses(band[0], edge)):
            return edge
    return None


def _crosses(line: Line, edge: float) -> bool:
    return any(segment.left < edge < segment.right for segment in line.segments)


def _sides(lines: Sequence[Line], edge: float) -> tuple[list[Line], list[Line]]:
    left = [line.only(lambda segment: segment.right <= edge) for line in lines]
    right = [line.only(lambda segment: segment.left >= edge) for line in lines]
    return [line for line in left if line.segments], [line for line in right if line.segments]


def _columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether two sides are read one after the other: both are prose, or their lines stand at other heights."""
    if min(len(left), len(right)) < _FEWEST_LINES:
        return False
    if _prose(left) and _prose(right):
        return True
    bases = {line.base for line in left}
    level = sum(line.base in bases for line in right)
    return level < _PROSE_SHARE * min(len(left), len(right)) and (_prose(left) or _prose(right))


def _prose(lines: Sequence[Line]) -> bool:
    wordy = sum(len(line.segments) == 1 and len(line.segments[0].text.split()) >= _PROSE_WORDS for line in lines)
    return wordy >= _PROSE_SHARE * len(lines)


def _paragraph_ends(lines: Sequence[Line]) -> list[bool]:
    """For each line whether the one behind it begins another paragraph."""
    distances = [line.base - after.base for line, after in pairwise(lines)]
    usual = median(distances) if distances else 0.0
    return [
        distance > _WIDE_GAP * usual or max(line.size, after.size) > _OTHER_SIZE * min(line.size, after.size)
        for (line, after), distance in zip(pairwise(lines), distances, strict=True)
    ]
