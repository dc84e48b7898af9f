"""Rows out of workbooks."""

import builtins
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval.dataset.sources import DataRow, read
from rag_eval.dataset.sources.row import RowNote
from rag_eval.errors import DataError, UsageError

Save = Callable[[str, str | bytes], Path]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def _workbook(**sheets: list[list[Any]]) -> bytes:
    """The least that Excel would open."""
    held = io.BytesIO()
    relation = f'<Relationship Id="r{{0}}" Type="{_OFFICE}/{{1}}" Target="{{2}}"/>'
    with zipfile.ZipFile(held, "w") as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        inside = relation.format(1, "officeDocument", "xl/workbook.xml")
        book.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>')
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'
        )
        inside = "".join(relation.format(n, "worksheet", f"worksheets/{n}.xml") for n in range(1, len(sheets) + 1))
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'
        )
        for n, rows in enumerate(sheets.values(), 1):
            cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            book.writestr(
                f"xl/worksheets/{n}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
            )
    return held.getvalue()


def test_a_sheet_as_it_is_seen(save: Save) -> None:
    """Whole numbers without a point, a title above, and the other sheet named as not read."""
    pytest.importorskip("python_calamine")
    rows: list[list[Any]] = [
        ["Test set"],
        ["Question", "Nr", "Share", "Answerable"],
        ["Why?", 3.0, 0.5, True],
        ["How?", 4, "", False],
    ]
    notes: list[RowNote] = []
    path = save("a.xlsx", _workbook(Empty=[], Set=rows, Old=[["question"], ["x"]]))
    found = [(row.line, row.values) for row in read(str(path), noted=notes.append) if isinstance(row, DataRow)]
    assert found == [
        (3, {"Question": "Why?", "Nr": "3", "Share": "0.5", "Answerable": "true"}),
        (4, {"Question": "How?", "Nr": "4", "Share": None, "Answerable": "false"}),
    ]
    assert [note.message[:38] for note in notes] == [
        "of its sheets Set was read, not Old; s",
        "stands above the header and was passed",
    ]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"question\nq\n", r"a\.xlsx: is no workbook that can be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), r"a\.xls: is no workbook that can be read"),
        ("a.xlsx", _workbook(Set=[]), r"a\.xlsx: holds no rows: all of its sheets are empty"),
    ],
)
def test_what_is_no_workbook(save: Save, name: str, content: bytes, says: str) -> None:
    """One error that says what to do."""
    pytest.importorskip("python_calamine")
    with pytest.raises(DataError, match=says):
        list(read(str(save(name, content))))


def test_without_the_extra(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to get it is named, and the way without it."""
    imported = builtins.__import__

    def refuse(name: str, *args: Any) -> Any:
        if name == "python_calamine":
            raise ModuleNotFoundError(name)
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match=r"pip install 'rag-eval\[excel\]', or save the sheet as CSV"):
        list(read(str(save("a.xlsx", b"PK"))))


@pytest.mark.parametrize(("last", "says"), [("XFD1048576", "spans 17,179,869,184 cells"), ("C9", "")])
def test_a_cell_far_outside_is_refused(save: Save, last: str, says: str) -> None:
    """Room for all cells in between would be made, and there is none."""
    pytest.importorskip("python_calamine")
    book = io.BytesIO(_workbook(a=[["Question"], ["Why?"]]))
    made = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            far = f'<row><c r="{last}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'.encode()
            new.writestr(zipfile.ZipInfo(name), old.read(name).replace(b"</sheetData>", far))
    path = save("a.xlsx", made.getvalue())
    if says:
        with pytest.raises(DataError, match=says):
            list(read(str(path)))
    else:
        assert list(read(str(path)))


def test_a_workbook_that_unpacks_to_too_much_is_refused(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what its parts say of themselves, before any is read."""
    pytest.importorskip("python_calamine")
    monkeypatch.setattr("rag_eval.dataset.sources.workbook._LARGEST", 100)
    with pytest.raises(DataError, match="unpacks to"):
        list(read(str(save("a.xlsx", _workbook(a=[["Question"], ["Why?"]])))))
