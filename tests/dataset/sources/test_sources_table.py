"""What stands around a table in a spreadsheet."""

from pathlib import Path

import pytest

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import table
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.errors import DataError

_PATH = Path("a.csv")


def _read(text: str) -> tuple[list[dict[str, str | None]], list[str]]:
    """Rows, and what was noted, of cells that bars part."""
    records = [(number, line.split("|")) for number, line in enumerate(text.strip("\n").split("\n"), start=1)]
    found = [*table.rows(_PATH, records)]
    assert not any(isinstance(row, RowProblem) for row in found)
    rows = [dict(row.values) for row in found if isinstance(row, DataRow)]
    return rows, [str(row) for row in found if isinstance(row, RowNote)]


_ROW = [{"Question": "Why?", "Answer": "So."}]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("Question|Answer\nWhy?|So.", 0),
        ("Test set, May|\nQuestion|Answer\nWhy?|So.", 1),
        ("Test set, May\nby the support team\n\nQuestion|Answer\n|\nWhy?|So.\n |\n", 2),
        ("Question|Answer||\nWhy?|So.||", 0),
        ("Question|Answer\nWhy?|So.||", 0),
        ("Question|Answer\nWhy?|So.\nTotal|1", 1),
        ("Question|Answer\nWhy?|So.\n|\nSumme:|3,5 %", 1),
    ],
    ids=["nothing", "a title", "titles and blanks", "empty columns", "long rows", "a total", "a total behind a blank"],
)
def test_what_is_no_row_is_passed_over(text: str, notes: int) -> None:
    """Words are, with a note; blanks alone without."""
    rows, noted = _read(text)
    assert (rows, len(noted)) == (_ROW, notes)


def test_a_column_without_a_name_is_kept_by_its_number() -> None:
    """If it holds something; the first column of what pandas wrote is such a one."""
    assert _read("|question|\n0|Why?|\n1|How?|x")[0] == [
        {"column 1": "0", "question": "Why?"},
        {"column 1": "1", "question": "How?", "column 3": "x"},
    ]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("question|n\nTotal|sum\nWhy?|2", ["Total", "Why?"]),  # not at the end
        ("question\ntotal", ["total"]),  # without a number
        ("question|reference\nWhy?|4\nHow many in total?|5", ["Why?", "How many in total?"]),
        ("question|reference\nquestion|answer", ["question"]),
        ("question\nwhy\nhow", ["why", "how"]),
    ],
)
def test_what_may_be_a_row_is_one(text: str, questions: list[str]) -> None:
    """Words like those of a title or a total in a row that is neither."""
    rows, noted = _read(text)
    assert ([row["question"] for row in rows], noted) == (questions, [])


@pytest.mark.parametrize(
    ("records", "says"),
    [
        ([], "a.csv:1: expected a header"),
        ([(1, [" ", ""])], "a.csv:1: expected a header"),
        ([(1, ["title"]), (2, ["question", "id", "question"]), (3, ["a", "b", "c"])], "a.csv:2: the column 'question'"),
    ],
)
def test_no_header(records: list[table.Record], says: str) -> None:
    """Where none stands, and where a name in it stands twice, by its line."""
    with pytest.raises(DataError, match=says):
        list(table.rows(_PATH, records))


def test_ragged_rows_are_problems() -> None:
    """With too few cells, or more that hold something."""
    found = table.rows(_PATH, [(1, ["question", "id"]), (2, ["a"]), (3, ["a", "1", "x"])])
    assert [(row.line, row.found) for row in found if isinstance(row, RowProblem)] == [
        (2, "1: ['a']"),
        (3, "3: ['a', '1', 'x']"),
    ]
