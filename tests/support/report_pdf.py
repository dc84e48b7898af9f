"""A PDF as companies publish their annual reports, with what stands in it: two columns, tables, minus signs, hyphens.

The same pages can be drawn in the ways of different programs: with blanks or without, letter by letter, line by line
across the columns.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Literal

from support.pdfs import file_of

Way = Literal["blanks", "words", "letters", "kerned", "across"]
"""How text is drawn: a line at a time; word by word, without blanks, or with gaps in a line; letters alone; and the
lines of both columns in turns."""
WAYS: Final[tuple[Way, ...]] = ("blanks", "words", "letters", "kerned", "across")

_WIDTHS: Final = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
"""Of Helvetica's letters from the blank on, in thousandths of their size."""
_WIDTH: Final = dict(zip(map(chr, range(32, 127)), map(int, _WIDTHS.split()), strict=True))
_CODES: Final = {"−": "\\001", "ﬁ": "\\002", "—": "\\227", "(": "\\(", ")": "\\)", "\\": "\\\\", "\xad": "\\255"}
_MORE_WIDTHS: Final = {"−": 584, "ﬁ": 500, "—": 1000, "\xad": 333}
_WORDS: Final = """
    revenue operating income interest segment customers quarter increase decrease compared driven primarily growth
    expense costs margin market products services inventory liabilities payable lease shareholders dividend currency
    exchange foreign effective taxes estimate fair value impairment goodwill acquisition consolidated statements cash
    flows activities investing ﬁnancing borrowings maturity agreement outstanding performance obligations recognised
    contracts deferred assets property equipment depreciation amortisation research development marketing general
    administrative employees compensation benefits pension plans year-end long-term short-term non-cash the the the
    of of of and and in in to to a a for by with on our our we were was is are which that from
"""
_LABELS: Final = (
    "Net revenue", "Cost of sales", "Gross margin", "Research and development", "Selling, general and administrative",
    "Restructuring (credits) charges", "Operating income (loss)", "Interest expense, net", "Income before taxes",
    "Provision for income taxes", "Net income (loss)",
)  # fmt: skip
_SIZE: Final = 9.0
_PITCH: Final = 11.0
_LEFT, _WIDE, _GUTTER = 54.0, 504.0, 20.0
_COLUMN: Final = (_WIDE - _GUTTER) / 2
_TOP: Final = 740.0


@dataclass(frozen=True)
class _Placed:
    """Words at a height, from a place on, up to another if they are to fill it."""

    text: str
    x: float
    y: float
    size: float = _SIZE
    fill: float | None = None


@dataclass
class ReportPage:
    """What stands on a page."""

    words: list[str] = field(default_factory=list)
    """In the order in which they are read."""
    rows: list[str] = field(default_factory=list)
    """Rows of its table, as `| a | b |`."""
    drawn: list[list[_Placed]] = field(default_factory=list)
    """What is drawn, in groups that are read one after the other."""


def report(pages: int, way: Way, seed: int = 0) -> tuple[bytes, list[ReportPage]]:
    """The file, and what stands on each page."""
    rng = random.Random(seed)
    made = [_page(rng, number) for number in range(1, pages + 1)]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(pages))
    encoding = "<</BaseEncoding/WinAnsiEncoding/Differences[1/minus/fi]>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode(),
        f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding {encoding}>>".encode(),
    ]
    for at, page in enumerate(made):
        content = "\n".join(_drawn(page.drawn, way)).encode("ascii")
        font = "/Resources<</Font<</F1 3 0 R>>>>"
        head = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{font}/Contents {5 + 2 * at} 0 R>>"
        objects += [head.encode(), b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content)]
    return file_of(objects), made


def damaged(page: ReportPage, text: str) -> float:
    """Share of a page's words that its text does not have, whole and in their order."""
    read = [word for word in text.split() if word != "|"]
    matcher = SequenceMatcher(None, page.words, read, autojunk=False)
    return 1 - sum(block.size for block in matcher.get_matching_blocks()) / len(page.words)


def _width(text: str, size: float = _SIZE) -> float:
    return sum(_WIDTH.get(letter) or _MORE_WIDTHS[letter] for letter in text) * size / 1000


def _page(rng: random.Random, number: int) -> ReportPage:
    page = ReportPage()
    title = f"Management report, part {number}"
    _group(page, title.split(), [_Placed(title, _LEFT, _TOP, 14.0)])
    y = _columns(page, rng, _TOP - 30, 18)
    y = _table(page, rng, y - 16)
    _columns(page, rng, y - 20, 14)
    _group(page, [str(number)], [_Placed(str(number), 300.0, 40.0)])
    return page


def _group(page: ReportPage, words: Sequence[str], drawn: list[_Placed]) -> None:
    page.words.extend(word.replace("ﬁ", "fi") for word in words)
    page.drawn.append(drawn)


def _columns(page: ReportPage, rng: random.Random, top: float, lines: int) -> float:
    """Two columns of prose of so many lines each; returns the height of what comes below."""
    for x in (_LEFT, _LEFT + _COLUMN + _GUTTER):
        words, placed, carried = [], [], ""
        for at in range(lines):
            line, carried, whole = _filled(rng, carried, last=at == lines - 1)
            words.extend(whole)
            placed.append(_Placed(line, x, top - at * _PITCH, fill=_COLUMN if at < lines - 1 else None))
        _group(page, words, placed)
    return top - lines * _PITCH


def _filled(rng: random.Random, carried: str, *, last: bool) -> tuple[str, str, list[str]]:
    """A line as wide as a column, the rest of a word that its end parts, and the words that begin in it."""
    vocabulary = _WORDS.split()
    line = [carried] if carried else []
    begun: list[str] = []
    while True:
        word = rng.choice(vocabulary)
        if rng.random() < 0.06:
            word = f"{rng.choice('−(')}{rng.randrange(2, 900)}.{rng.randrange(10)}"
            word = f"{word})" if word[0] == "(" else word
        if rng.random() < 0.1 and word[0].isalpha():
            word += "."
        if _width(" ".join([*line, word])) <= _COLUMN - 2:
            line.append(word)
            begun.append(word)
            continue
        for cut in range(len(word) - 3, 2, -1):
            head = word[:cut]
            hyphen = rng.choice(["-", "- ", "\xad"])
            if word.rstrip(".").isalpha() and not last and _width(" ".join([*line, head + "-"])) <= _COLUMN:
                return " ".join([*line, head + hyphen]), word[cut:], [*begun, word]
        return " ".join(line), "", begun


def _table(page: ReportPage, rng: random.Random, top: float) -> float:
    """Years and amounts, with signs apart from their numbers; returns the height of what comes below."""
    placed, words = [], []
    edges = (340.0, 440.0, 540.0)
    heads = ("(in millions)", "2025", "2024", "Change")
    placed.append(_Placed(heads[0], _LEFT, top))
    placed.extend(_Placed(head, edge - _width(head), top) for head, edge in zip(heads[1:], edges, strict=True))
    rows: list[tuple[str, ...]] = [heads]
    for at, label in enumerate(_LABELS, start=1):
        amounts = [f"{rng.randrange(1, 90)},{rng.randrange(1000):03}" for _ in range(2)]
        if rng.random() < 0.4:
            amounts[1] = f"({amounts[1]})"
        change = rng.choice(["—", f"−{rng.randrange(2, 60)}%", f"{rng.randrange(2, 60)}%"])
        y = top - at * 13
        placed.append(_Placed(label, _LEFT, y))
        for value, edge in zip((*amounts, change), edges, strict=True):
            placed.append(_Placed(value, edge - _width(value), y))
        if first := at in (1, len(_LABELS)):
            placed.extend(_Placed("$", edge - 60, y) for edge in edges[:2])
        rows.append((label, *(f"${value}" if first else value for value in amounts), change))
    for row in rows:
        words.extend(" ".join(row).split())
        page.rows.append(f"| {' | '.join(row)} |")
    _group(page, words, sorted(placed, key=lambda each: (-each.y, each.x)))
    return top - len(rows) * 13


def _drawn(groups: list[list[_Placed]], way: Way) -> Iterator[str]:
    """The operators that draw a page."""
    placed = [each for group in groups for each in group]
    if way == "across":
        placed.sort(key=lambda each: (-each.y, each.x))
    for each in placed:
        spare = each.fill - _width(each.text.rstrip(), each.size) if each.fill else 0.0
        blanks = each.text.rstrip().count(" ")
        yield from _line(each, spare / blanks if blanks else 0.0, way)


def _line(each: _Placed, extra: float, way: Way) -> Iterator[str]:
    """A line of which each blank is wider by so much."""
    font = f"BT /F1 {each.size} Tf"
    if way == "blanks":
        yield f"{font} {extra:.3f} Tw 1 0 0 1 {each.x:.3f} {each.y} Tm ({_coded(each.text)}) Tj ET"
        return
    if way == "kerned":
        gap = -1000 * (_width(" ", each.size) + extra) / each.size
        shown = f" {gap:.0f} ".join(_kerned(word) for word in each.text.split())
        yield f"{font} 0 Tw 1 0 0 1 {each.x:.3f} {each.y} Tm [{shown}] TJ ET"
        return
    x = each.x
    for word in each.text.split():
        if way == "letters":
            at = x
            for letter in word:
                yield f"{font} 1 0 0 1 {at:.3f} {each.y} Tm ({_coded(letter)}) Tj ET"
                at += _width(letter, each.size)
        else:
            yield f"{font} 1 0 0 1 {x:.3f} {each.y} Tm ({_coded(word)}) Tj ET"
        x += _width(word, each.size) + _width(" ", each.size) + extra


def _kerned(word: str) -> str:
    """The word with its letters a little closer, as pairs of letters are set."""
    return " 12 ".join(f"({_coded(word[at : at + 3])})" for at in range(0, len(word), 3))


def _coded(text: str) -> str:
    return "".join(_CODES.get(letter, letter) for letter in text)
