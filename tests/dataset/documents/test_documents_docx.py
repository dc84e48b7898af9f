"""The text of Word documents, and why there is none."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag_eval.dataset.documents import Document, UnreadableDocument, docx, find, read
from rag_eval.dataset.documents.document import UnreadableError

Fill = Callable[[Any], None]


def _raw(fill: Fill = lambda _: None) -> bytes:
    from docx import Document as New

    document = New()
    fill(document)
    into = BytesIO()
    document.save(into)
    return into.getvalue()


def _zip(**parts: str) -> bytes:
    into = BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def _replaced(raw: bytes, name: str, content: bytes) -> bytes:
    into = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(into, "w") as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return into.getvalue()


def _plain(document: Any) -> None:
    document.add_paragraph("Text.")


def _report(document: Any) -> None:
    document.add_heading("Report", 0)
    document.add_heading("Fees", 1)
    document.add_paragraph("  They are low.\nVery low.  ")
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Number")
    document.add_paragraph("", style="List Bullet")
    document.add_heading("Deeper", 9)
    document.add_heading("", 2)
    document.add_paragraph("End.")


def _tables(document: Any) -> None:
    table = document.add_table(rows=3, cols=3)
    for at, text in enumerate(("a", "b", "c\nd")):
        table.cell(0, at).text = text
    table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
    table.cell(1, 2).text = "e"
    document.add_paragraph("After.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a document is put."""
    return tmp_path / "a.docx"


@pytest.mark.parametrize(
    ("fill", "text"),
    [
        (_plain, "Text."),
        (_report, "# Report\n\n# Fees\n\nThey are low.\nVery low.\n\n- one\n- two\n\n###### Deeper\n\nEnd."),
        (_tables, "| a | b | c d |\n| wide | e |\n\nAfter."),
    ],
)
def test_text(path: Path, fill: Fill, text: str) -> None:
    """Headings, lists and tables are marked as in Markdown; a merged cell comes once, an empty row not at all."""
    path.write_bytes(_raw(fill))
    (document,) = read(find(str(path)))
    assert isinstance(document, Document)
    assert (document.kind, document.text) == ("docx", text)


def _with_size(size: int) -> bytes:
    """A document that says of one of its parts that it unpacks to so many bytes."""
    raw = _zip(**{"word/document.xml": "x"})
    at = raw.index(b"PK\x01\x02")
    return raw[: at + 24] + size.to_bytes(4, "little") + raw[at + 28 :]


def _encrypted(raw: bytes) -> bytes:
    """A document each part of which says that it is encrypted, as a zip can."""
    head, *parts = raw.split(b"PK\x01\x02")
    return b"PK\x01\x02".join([head, *(part[:4] + b"\x01" + part[5:] for part in parts)])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "broken"),
        (b"no zip", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password_protected"),
        (_zip(), "broken"),
        (_zip(a="b"), "broken"),
        (_raw()[:2000], "broken"),
        (_encrypted(_raw(_plain)), "broken"),
        (_with_size(1 << 31), "too_large"),
        (_with_size(25 << 20), "too_large"),
        (_raw(), "no_text"),
        (_raw(lambda document: document.add_table(rows=2, cols=2)), "no_text"),
        (_replaced(_raw(_plain), "word/document.xml", b"<no"), "broken"),
        (_replaced(_raw(_plain), "word/document.xml", b"<a/>"), "broken"),
        (_replaced(_raw(_plain), "[Content_Types].xml", b""), "broken"),
    ],
)
def test_no_text(path: Path, raw: bytes, reason: str) -> None:
    """An encrypted, broken, empty or bomb-like document has a named reason."""
    path.write_bytes(raw)
    with pytest.raises(UnreadableError) as caught:
        docx.read(path)
    assert caught.value.reason == reason
    assert len(str(caught.value)) < 250


_GOOD = _raw(_report)


@given(st.integers(0, len(_GOOD)), st.binary(max_size=12), st.integers(0, 60))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, at: int, other: bytes, gone: int) -> None:
    """A damaged document is read or has a reason, and never crashes."""
    path = tmp_path_factory.getbasetemp() / "damaged.docx"
    path.write_bytes(_GOOD[:at] + other + _GOOD[at + gone :])
    (found,) = read(find(str(path)))
    assert isinstance(found, Document) or found.reason in ("broken", "no_text", "password_protected", "too_large")


@given(st.integers(0, 4000), st.binary(max_size=12), st.integers(0, 200))
@example(1627, b"", 2)  # an attribute that must be there
def test_any_damage_inside(tmp_path_factory: pytest.TempPathFactory, at: int, other: bytes, gone: int) -> None:
    """A document whose zip is whole but whose text is damaged is read or has a reason."""
    with zipfile.ZipFile(BytesIO(_GOOD)) as parts:
        inside = parts.read("word/document.xml")
    path = tmp_path_factory.getbasetemp() / "damaged.docx"
    at = at % len(inside)
    path.write_bytes(_replaced(_GOOD, "word/document.xml", inside[:at] + other + inside[at + gone :]))
    (found,) = read(find(str(path)))
    assert not isinstance(found, UnreadableDocument) or found.reason in ("broken", "no_text")


@pytest.mark.realdata
def test_real_document(realdata: Path) -> None:
    """A published document is read with its headings and its table."""
    text = docx.read(realdata / "html_pdf/markitdown__test.docx")
    assert "# AutoGen: Enabling Next-Gen LLM Applications via Multi-Agent Conversation" in text
    assert text.count("\n| ") > 3
