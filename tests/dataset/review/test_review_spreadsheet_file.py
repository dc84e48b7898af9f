"""A table is read whatever a spreadsheet made of the file, and what is no table is named."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from support.reviewing import BEGAN, ferry, written

from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.review import spreadsheet
from rag_eval.dataset.review.decisions import ReviewDecision, moment
from rag_eval.errors import DataError

_AT = moment(BEGAN + 500)


_CASES = [ferry(number) for number in range(5)]


Rows = list[dict[str, str]]


Change = Callable[[Rows], object]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """Five drafts."""
    return written(tmp_path / "drafts", _CASES)


def _rows(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _sheet(folder: DatasetFolder, change: Change, decisions: list[ReviewDecision] | None = None) -> Path:
    """A sheet that somebody worked on and saved."""
    path = folder.path.parent / "ana.csv"
    spreadsheet.write(folder, decisions or [], "ana", path)
    rows = _rows(path)
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, spreadsheet.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _semicolons(text: str) -> bytes:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def _reordered(text: str) -> bytes:
    rows = [[*reversed(row), "mine", ""] for row in csv.reader(io.StringIO(text, newline=""))]
    rows[0][-2:] = ["notes of mine", ""]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _cut(text: str) -> bytes:
    """As Excel saves it: empty cells at the end of a row are gone."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        while row and not row[-1]:
            row.pop()
    out = io.StringIO(newline="")
    csv.writer(out).writerows([*rows, [], ["", ""]])
    return out.getvalue().encode()


@pytest.mark.parametrize(
    "saved",
    [
        _semicolons,
        _reordered,
        _cut,
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\r\n", "\n").encode(),
        lambda text: text.replace("\r\n", "\n").replace("\n", "\r").encode(),
        lambda text: f"sep=,\r\n{text}".encode("utf-8-sig"),
    ],
)
def test_whatever_a_spreadsheet_makes_of_the_file(folder: DatasetFolder, saved: Callable[[str], bytes]) -> None:
    """Semicolons, other line ends, no mark, other quotes, other order, more columns, fewer cells: it is the same."""
    path = _sheet(folder, lambda rows: (rows[0].update(verdict="accept"), rows[3].update(verdict="reject")))
    path.write_bytes(saved(path.read_bytes().decode("utf-8-sig")))
    taken = spreadsheet.read(folder, [], "ana", path, _AT)
    assert [(one.case_id, one.verdict) for one in taken.decisions] == [("q-0", "accept"), ("q-3", "reject")]
    assert taken.undecided == 3


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "columns are missing: id"),
        (b"id,verdikt\nq-0,accept\n", r"verdict \(found verdikt\)"),
        (b"id,id\n", "the column id stands twice"),
        ("id,verdict\nä".encode("latin-1"), r":2: expected UTF-8, found byte 0xe4"),
        (b'id,"verdict\n', "columns are missing|is not CSV"),
    ],
)
def test_what_is_no_sheet_is_named(folder: DatasetFolder, raw: bytes, message: str) -> None:
    """With what to do."""
    path = folder.path.parent / "bad.csv"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=message):
        spreadsheet.read(folder, [], "ana", path, _AT)


def test_a_file_that_is_not_there(folder: DatasetFolder) -> None:
    """Is named."""
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read"):
        spreadsheet.read(folder, [], "ana", folder.path / "nowhere.csv", _AT)
