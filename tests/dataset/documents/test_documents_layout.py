"""Words that stand on a page are read in the order of people, whatever they were drawn in."""

import random
from collections.abc import Iterator

import pytest
from support.growth import grows_linearly

from rag_eval.dataset.documents.layout import PlacedWord, page_text

_LEFT = ("The rents of the harbour", "rose in every month of", "the year, as the council", "had asked them to do.")
_RIGHT = ("Boats of more than ten", "metres pay by length and", "not by weight, which is", "an older rule of ours.")


def _line(text: str, left: float, base: float, size: float = 10.0) -> Iterator[PlacedWord]:
    """Words with gaps of a blank, each letter half as wide as high; two blanks or more are a wider gap."""
    for at, word in _words(text):
        begin = left + at * size / 2
        yield PlacedWord(word, begin, begin + len(word) * size / 2, base, size)


def _words(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for word in text.split(" "):
        if word:
            yield at, word
        at += len(word) + 1


def _page(*lines: tuple[str, float, float]) -> list[PlacedWord]:
    return [word for text, left, base in lines for word in _line(text, left, base)]


def _two_columns(top: float = 700.0) -> list[tuple[str, float, float]]:
    left = [(text, 50.0, top - 12 * at) for at, text in enumerate(_LEFT)]
    return left + [(text, 300.0, top - 12 * at) for at, text in enumerate(_RIGHT)]


_COLUMNS = "\n".join(_LEFT) + "\n\n" + "\n".join(_RIGHT)
_CASES = {
    "one line": ([("One two.", 50, 700)], "One two."),
    "a paragraph ends at a wider gap": (
        [("One two", 50, 700), ("three.", 50, 688), ("Four.", 50, 664), ("Five.", 50, 652)],
        "One two\nthree.\n\nFour.\nFive.",
    ),
    "two columns": (_two_columns(), _COLUMNS),
    "a heading over two columns, a line below": (
        [("The year of the harbour, told by the council to whoever asks", 50, 730), *_two_columns(), ("17", 280, 620)],
        f"The year of the harbour, told by the council to whoever asks\n\n{_COLUMNS}\n\n17",
    ),
    "columns whose lines stand at other heights": (
        [(text, left, base - 5 if left > 100 else base) for text, left, base in _two_columns()],
        _COLUMNS,
    ),
    "a table": (
        [("Rent          12      (9)", 50, 700), ("Of which berths   7", 50, 688), ("Repairs        3     —", 50, 676)],
        "| Rent | 12 | (9) |\n| Of which berths | 7 |  |\n| Repairs | 3 | — |",
    ),
    "a label between rows": (
        [("Rent          12      9", 50, 700), ("Expenses", 50, 688), ("Repairs       −3      2", 50, 676)],
        "| Rent | 12 | 9 |\n| Expenses |  |  |\n| Repairs | −3 | 2 |",
    ),
    "signs apart from their numbers": (
        [("Rent      $   12     ( 9 )", 50, 700), ("Repairs       3      4   %", 50, 688)],
        "| Rent | $12 | (9) |\n| Repairs | 3 | 4% |",
    ),
    "a line with a gap is no table": (
        [("Left      right", 50, 700), ("More of it.", 50, 688)],
        "Left right\nMore of it.",
    ),
    "dots to a page number": (
        [("Rents ........ 12", 50, 700), ("Repairs . . . . 14", 50, 688)],
        "| Rents | 12 |\n| Repairs | 14 |",
    ),
    "letters that are spaced out": ([("R E P O R T   O F   T H E   Y E A R", 50, 700)], "REPORT OF THE YEAR"),
}


@pytest.mark.parametrize(("lines", "text"), _CASES.values(), ids=_CASES)
def test_order(lines: list[tuple[str, float, float]], text: str) -> None:
    """Line by line, column by column, and rows of a table with all their cells, drawn in any order."""
    words = _page(*lines)
    assert page_text(words) == text
    random.Random(1).shuffle(words)
    assert page_text(words) == text


def test_pieces_without_a_blank_are_one_word() -> None:
    """As where a font changes in the midst of it; a blank that is drawn parts them, however narrow it is."""
    first = PlacedWord("Auto", 50, 70, 700, 10)
    assert page_text([first, PlacedWord("Gen", 70.1, 85, 700, 10, spaced=False)]) == "AutoGen"
    assert page_text([first, PlacedWord("Gen", 70.1, 85, 700, 10, spaced=True)]) == "Auto Gen"


def test_marks_that_are_raised_stand_in_their_line() -> None:
    """A footnote's number before its text, and one behind a word."""
    mark = PlacedWord("3", 46, 49, 704, 5)
    assert page_text([mark, *_line("See there.", 50, 700)]) == "3 See there."


def test_what_is_turned_comes_last() -> None:
    """A stamp in the margin; a page that is turned as a whole is read as it is meant."""
    stamp = PlacedWord("draft", 10, 35, 300, 10, turned=1)
    assert page_text([stamp, *_line("The text of it.", 50, 700)]) == "The text of it.\n\ndraft"
    assert page_text(word._replace(turned=1) for word in _line("All of it.", 50, 700)) == "All of it."


def test_right_to_left() -> None:
    """Words of Hebrew and Arabic are read from the right."""
    assert page_text(_line("עולם שלום", 50, 700)) == "שלום עולם"


def test_nothing() -> None:
    """A page without words has no text."""
    assert page_text([]) == ""


@pytest.mark.parametrize("line", ["word of prose here", "a      1      2", "x"])
def test_time(line: str) -> None:
    """Pages with any number of lines take time in proportion to it."""

    def read(size: int) -> None:
        page_text([word for at in range(size // 20) for word in _line(line, 50 + at % 7, 20.0 * at)])

    assert grows_linearly(read, 20_000)
