"""Lines whose words stand in columns are rows of a table."""

from collections.abc import Sequence

import pytest

from rag_eval.dataset.documents import tables
from rag_eval.dataset.documents.tables import Line, Segment


def _line(*cells: tuple[float, str], base: float = 0.0) -> Line:
    return Line(base, 10.0, tuple(Segment(left, left + 5 * len(text), text) for left, text in cells))


def _text(*lines: Line) -> str:
    return tables.text(lines, lambda some: [False] * (len(some) - 1))


def test_prose_only() -> None:
    """Lines of one stretch each are prose."""
    assert _text(_line((0, "One.")), _line((0, "Two."))) == "One.\nTwo."


def test_a_paragraph_ends_where_it_is_said_to() -> None:
    """By who knows the distances of lines."""

    def ends(lines: Sequence[Line]) -> list[bool]:
        return [at == 0 for at in range(len(lines) - 1)]

    assert tables.text([_line((0, "One.")), _line((0, "Two.")), _line((0, "Three."))], ends) == "One.\n\nTwo.\nThree."


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([_line((0, "a"), (50, "b")), _line((0, "c"), (50, "d"))], "| a | b |\n| c | d |"),
        (
            [
                _line((50, "2025"), (100, "2024")),
                _line((0, "a"), (50, "1"), (100, "2")),
                _line((0, "b"), (50, "3"), (100, "4")),
            ],
            "|  | 2025 | 2024 |\n| a | 1 | 2 |\n| b | 3 | 4 |",
        ),
        (
            [_line((40, "Year ended in December")), _line((0, "a"), (50, "1")), _line((0, "b"), (50, "2"))],
            "Year ended in December\n\n| a | 1 |\n| b | 2 |",
        ),
        ([_line((0, "a"), (50, "US$"), (80, "1")), _line((0, "b"), (80, "2"))], "| a | US$1 |\n| b | 2 |"),
        ([_line((0, "Prose.")), _line((0, "a"), (50, "b")), _line((0, "More."))], "Prose.\na b\nMore."),
    ],
)
def test_tables(lines: list[Line], text: str) -> None:
    """Cells stand below those of their column, an empty one where a row has none; signs stand with their numbers."""
    assert _text(*lines) == text


def test_prose_around_a_table_stays_prose() -> None:
    """A blank line parts them, so that neither is read as a part of the other."""
    row = _line((0, "a"), (50, "b"))
    long = _line((0, "A sentence that is far too long for the label of a row, as one sees at once when it is read."))
    assert _text(long, row, row, long) == f"{long.words}\n\n| a | b |\n| a | b |\n\n{long.words}"
