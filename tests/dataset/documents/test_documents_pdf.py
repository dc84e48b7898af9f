"""The text of PDFs, page by page, and why there is none."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import pdfs
from support.report_pdf import WAYS, Way, damaged, report

from rag_eval.dataset.documents import Document, UnreadableDocument, find, pdf, read
from rag_eval.dataset.documents.chunks import chunks, page_of
from rag_eval.dataset.documents.document import UnreadableError
from rag_eval.errors import UsageError
from rag_eval.language.damage import damage

_TEXTS = ("First page.\nIts second line.", "Second page (with brackets)", "Third: köstlich, 5 €")
_ALGORITHMS = ("RC4-40", "RC4-128", "AES-128", "AES-256")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a PDF is put."""
    return tmp_path / "a.pdf"


def _reason(path: Path, raw: bytes) -> str:
    path.write_bytes(raw)
    with pytest.raises(UnreadableError) as caught:
        pdf.read(path)
    assert len(str(caught.value)) < 250
    return caught.value.reason


def test_pages(path: Path) -> None:
    """Each page's text is there with its line breaks, and begins at the offset that is given for it."""
    path.write_bytes(pdfs.pdf(_TEXTS))
    text, starts, notes = pdf.read(path)
    assert text == "\n\n".join(_TEXTS)
    assert [text[start:].split("\n\n")[0] for start in starts] == [*_TEXTS]
    assert notes == ()


def test_as_a_document(path: Path) -> None:
    """A PDF is a document whose passages are named by page, pages without text counted."""
    path.write_bytes(pdfs.pdf(["One.", "", "# Three"], contents={1: pdfs.PICTURE}))
    (document,) = read(find(str(path)))
    assert isinstance(document, Document)
    assert (document.id, document.kind, document.encoding) == ("a.pdf", "pdf", None)
    found = list(chunks(document))
    assert [(one.id, one.text, page_of(document, one.start)) for one in found] == [
        ("a.pdf#page-1", "One.", 1),
        ("a.pdf#page-3", "# Three", 3),
    ]


@pytest.mark.parametrize(
    ("drawn", "text"),
    [("hyphen-\nated", "hyphenated"), ("A-\nB and 3-\nfold", "A-\nB and 3-\nfold"), ("  a  ", "a")],
)
def test_line_ends(path: Path, drawn: str, text: str) -> None:
    """A word that is hyphenated at a line's end is one word; other hyphens stay."""
    path.write_bytes(pdfs.pdf([drawn]))
    assert pdf.read(path)[0] == text


def test_outline(path: Path) -> None:
    """An outline neither adds text nor disturbs the pages."""
    path.write_bytes(pdfs.outlined(pdfs.pdf(_TEXTS), ["Chapter one", "Chapter two", "Chapter three"]))
    assert pdf.read(path)[0] == "\n\n".join(_TEXTS)


@pytest.mark.parametrize("algorithm", _ALGORITHMS)
def test_password(path: Path, algorithm: str) -> None:
    """A PDF that cannot be opened without a password says so."""
    assert _reason(path, pdfs.encrypted(pdfs.pdf(_TEXTS), algorithm, user="u", owner="o")) == "password_protected"


@pytest.mark.parametrize("algorithm", _ALGORITHMS)
def test_owner_password(path: Path, algorithm: str) -> None:
    """A PDF that wants a password only for printing or editing is read."""
    path.write_bytes(pdfs.encrypted(pdfs.pdf(_TEXTS), algorithm, user="", owner="o"))
    assert pdf.read(path)[0] == "\n\n".join(_TEXTS)


def test_library(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what reads PDFs is not installed, the error says how to get it."""
    path.write_bytes(pdfs.pdf(_TEXTS))
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(UsageError, match=r"read by pypdfium2, which is not installed.*'rag-eval\[documents\]'"):
        list(read(find(str(path))))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "broken"),
        (b"%PDF-1.4\n", "broken"),
        (b"no PDF at all, but text", "broken"),
        (bytes(range(256)) * 40, "broken"),
        (pdfs.pdf(_TEXTS)[:100], "broken"),
        (pdfs.pdf(_TEXTS)[:-300], "broken"),
        (pdfs.pdf([]), "broken"),
        (pdfs.pdf(["", " "]), "no_text"),
        (pdfs.pdf(["", ""], contents={0: pdfs.PICTURE, 1: pdfs.PICTURE}), "no_text"),
    ],
)
def test_no_text(path: Path, raw: bytes, reason: str) -> None:
    """A file that is broken, and one that holds pictures only or nothing, have a named reason."""
    assert _reason(path, raw) == reason


_DAMAGED = b"\x01\x02 nothing that draws"


def test_broken_page(path: Path) -> None:
    """A page that cannot be read is empty and noted; those around it are read."""
    path.write_bytes(pdfs.pdf(_TEXTS, contents={1: _DAMAGED}))
    text, starts, notes = pdf.read(path)
    assert text == f"{_TEXTS[0]}\n\n\n\n{_TEXTS[2]}"
    assert len(starts) == 3
    assert notes == ("page 2: nothing; empty, or broken",)


def test_broken_pages(path: Path) -> None:
    """A PDF of which no page can be read is broken, and not one of pictures."""
    assert _reason(path, pdfs.pdf(_TEXTS, contents=dict.fromkeys(range(3), _DAMAGED))) == "broken"


def test_pages_of_pictures_are_told(path: Path) -> None:
    """With their numbers, of many the first; what has text is read."""
    path.write_bytes(pdfs.pdf(["Text.", *[""] * 15], contents=dict.fromkeys(range(1, 16), pdfs.PICTURE)))
    text, _, notes = pdf.read(path)
    assert text.strip() == "Text."
    (note,) = notes
    assert note.startswith("pages 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 3 more: no text, only pictures")


def test_wrong_table(path: Path) -> None:
    """A PDF whose table of offsets is wrong, as after a transfer as text, is read all the same."""
    path.write_bytes(pdfs.pdf(_TEXTS).replace(b"%PDF-1.4\n", b"%PDF-1.4\n%moved\n"))
    assert pdf.read(path)[0] == "\n\n".join(_TEXTS)


def test_many_pages(path: Path) -> None:
    """300 pages are read, and each passage knows its page."""
    path.write_bytes(pdfs.pdf([f"This is page {number}." for number in range(1, 301)]))
    (document,) = read(find(str(path)))
    assert isinstance(document, Document)
    assert [page_of(document, one.start) for one in chunks(document)] == [*range(1, 301)]
    assert document.text[document.pages[299] :] == "This is page 300."


_GOOD = pdfs.pdf(_TEXTS)
_LOCKED = pdfs.encrypted(_GOOD, "RC4-128", user="", owner="o")


@pytest.mark.slow
@given(st.sampled_from([_GOOD, _LOCKED]), st.integers(0, len(_LOCKED)), st.binary(max_size=12), st.integers(0, 60))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, raw: bytes, at: int, other: bytes, gone: int) -> None:
    """A damaged PDF is a document or a reason, never a crash."""
    path = tmp_path_factory.getbasetemp() / "damaged.pdf"
    path.write_bytes(raw[:at] + other + raw[at + gone :])
    (found,) = read(find(str(path)))
    if isinstance(found, UnreadableDocument):
        assert found.reason in ("broken", "no_text", "password_protected")
    else:
        assert found.text.encode()


@pytest.mark.realdata
def test_real_pdfs(realdata: Path) -> None:
    """Published PDFs are read, but for the one that wants a password."""
    found = {one.id: one for one in read(find(str(realdata / "html_pdf" / "*.pdf")))}
    locked = found.pop("sample-files__libreoffice-writer-password.pdf")
    assert isinstance(locked, UnreadableDocument)
    assert locked.reason == "password_protected"
    assert {name: len(one.pages) for name, one in found.items() if isinstance(one, Document)} == {
        "markitdown__test.pdf": 1,
        "sample-files__pdflatex-4-pages.pdf": 4,
    }


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A long rea-\nsoning.", "reasoning"),
        ("A pro- \ngram of ours.", "program"),
        ("Use a chat. A chat-\noptimized model.", "chat-optimized"),
        ("The well-known. A well-\nknown rule.", "well-known"),
        ("Programming in a program-\nming course, a program.", "programming"),
        ("A program that is program-\nmed.", "programmed"),
        ("The user or the group: a user-\ngroup.", "user-group"),
    ],
)
def test_a_parted_word_is_written_as_the_rest_writes_it(path: Path, text: str, word: str) -> None:
    """With its own hyphen or without the line's, also with a blank behind it."""
    path.write_bytes(pdfs.pdf([text]))
    assert word in pdf.read(path)[0]


@pytest.mark.parametrize("way", WAYS)
def test_reports(path: Path, way: Way) -> None:
    """Of two columns with hyphens, minus signs and ligatures around a table no word is damaged and each row is kept."""
    raw, pages = report(2, way)
    path.write_bytes(raw)
    text, (_, second), notes = pdf.read(path)
    assert notes == ()
    for page, read_ in zip(pages, (text[:second], text[second:]), strict=True):
        assert damaged(page, read_) == 0.0
        assert [line for line in read_.splitlines() if line.startswith("|")] == page.rows


def test_letters_that_the_font_does_not_tell(path: Path) -> None:
    """Are written as such, so that their passage counts as garbled."""
    unnamed = b"/Encoding<</Differences[97/g1/g2/g3/g4/g5/g6/g7/g8/g9/g10/g11/g12/g13/g14/g15/g16/g17/g18/g19/g20]>>"
    path.write_bytes(pdfs.pdf(["a fade"]).replace(b"/Encoding/WinAnsiEncoding", unnamed))
    text, _, _ = pdf.read(path)
    assert damage(text) == 1.0
