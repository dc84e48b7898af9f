"""Reading CSV and TSV."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, items
from rag_eval.dataset.sources import DataRow, read
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]


def _rows(path: Path) -> list[DataRow]:
    found = list(read(str(path)))
    assert all(isinstance(row, DataRow) for row in found)
    return [row for row in found if isinstance(row, DataRow)]


def test_rows_with_lines(save: Save) -> None:
    """Each record becomes a row by the header's names, with its line; an empty cell is nothing."""
    path = save("a.csv", "question, answer ,id\nWhy?,Because.,1\n\nHow?,,2\n")
    assert [(row.file, row.line, row.values) for row in _rows(path)] == [
        (str(path), 2, {"question": "Why?", "answer": "Because.", "id": "1"}),
        (str(path), 4, {"question": "How?", "answer": None, "id": "2"}),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_count_breaks_inside_quotes(save: Save, newline: str) -> None:
    """A row after cells with line breaks is named by the line it begins on; the breaks stay in the text."""
    lines = ("question,answer", '"one', "two", 'three",x', '"a ""quoted"" word",y', "ragged", "four,z")
    found = list(read(str(save("a.csv", newline.join(lines)))))
    assert [row.line for row in found] == [2, 5, 6, 7]
    assert isinstance(found[0], DataRow)
    assert found[0].values["question"] == newline.join(("one", "two", "three"))
    assert isinstance(found[2], RowProblem)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "question;answer\nwhy, then?;so\n"),
        ("a.tsv", "question\tanswer\nwhy, then?\tso\n"),
        ("a.TSV", "question\tanswer\r\nwhy, then?\tso\r\n"),
        ("a.csv", '\ufeff"question","answer"\n"why, then?","so"\n'),
    ],
    ids=["semicolon", "tab", "tab-crlf", "byte order mark"],
)
def test_delimiters_and_marks(save: Save, name: str, content: str) -> None:
    """Semicolons, tabs and a byte order mark are understood without being told."""
    assert [row.values for row in _rows(save(name, content))] == [{"question": "why, then?", "answer": "so"}]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"a.csv:1: expected a header .* found nothing"),
        (b"\xef\xbb\xbf", r"a.csv:1: expected a header .* found nothing"),
        (b"\n , \n", r"a.csv:1: expected a header .* found nothing"),
        (b"question,id,question\nq,1,q\n", r"a.csv:1: the column 'question' stands twice"),
        (b"question\nWhy\n\xef\n", r"a.csv:3: expected UTF-8, found byte 0xef in column 1.*CSV UTF-8"),
        (b'question,id\n"open,1\nx,2\n', r"a.csv:3: is not CSV: unexpected end of data"),
        (b'question,id\n"shut"x,1\n', r"a.csv:2: is not CSV"),
        (b"question,id\rq,1\nr,2\n", r"a.csv:1: is not CSV: new-line"),
        (b"PAR1\x15\x04\x15\x80\x00", r"a.csv:1: expected UTF-8"),
    ],
)
def test_file_that_cannot_be_read(save: Save, content: bytes, says: str) -> None:
    """What makes a whole file unreadable is one error with file, line, expected and found."""
    with pytest.raises(DataError, match=says):
        list(read(str(save("a.csv", content))))


def test_ragged_rows(save: Save) -> None:
    """A record with too few or too many cells is a problem with both counts, and reading goes on."""
    found = list(read(str(save("a.csv", "question,id\none\ntwo,2\nthree,3,x\n"))))
    assert [str(row).partition(": ")[2] for row in found if isinstance(row, RowProblem)] == [
        "the row: expected 2 cells, found 1: ['one']",
        "the row: expected 2 cells, found 3: ['three', '3', 'x']",
    ]
    assert [row.line for row in found] == [2, 3, 4]


def test_header_only(save: Save) -> None:
    """A header without rows is no error of the reader."""
    assert _rows(save("a.csv", "question,answer\n")) == []


def test_huge_cell(save: Save) -> None:
    """A cell of 5 MB is read whole."""
    text = "word " * 1_000_000
    assert _rows(save("a.csv", f'question,answer\nq,"{text}"\n'))[0].values["answer"] == text


def test_nul_bytes(save: Save) -> None:
    """A NUL is a character like any other."""
    assert _rows(save("a.csv", "question,answer\nwhy\0,so\n"))[0].values["question"] == "why\0"


_CELLS = st.text("ab \"',;\t\r\n[]{}\0é\ufeff")


@settings(deadline=None)
@given(st.one_of(_CELLS, _CELLS.map(lambda text: f"question,contexts\n{text}")))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever text stands in a CSV, it gives rows, problems with a place, or one of our errors."""
    _check_any(tmp_path_factory, text.encode())


@settings(deadline=None)
@given(st.binary())
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever bytes stand in a CSV, they give rows, problems with a place, or one of our errors."""
    _check_any(tmp_path_factory, content)


def _check_any(factory: pytest.TempPathFactory, content: bytes) -> None:
    path = factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    lines = content.count(b"\n") + content.count(b"\r") + 1
    try:
        found = list(items(config.DatasetConfig(path=str(path))))
    except DataError as error:
        assert str(error).startswith(f"{path}:")
        return
    assert all(1 < one.line <= lines and isinstance(one, Item | RowProblem) for one in found)


_TABLE = st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=20)] * 2), min_size=1)


@given(_TABLE)
def test_what_is_quoted_comes_back(tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]) -> None:
    """Any text, quoted as RFC 4180 says, is read back to the letter; rows of blanks alone are none."""
    table = [(first, second) for first, second in table if first.strip() or second.strip()]
    path = tmp_path_factory.getbasetemp() / "table.csv"
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in record) for record in [("a", "b"), *table]]
    path.write_bytes("\r\n".join(lines).encode())
    assert [(row.values["a"] or "", row.values["b"] or "") for row in _rows(path)] == table
