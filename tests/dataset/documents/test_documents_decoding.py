"""From bytes to text."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.dataset.documents.decoding import decode
from rag_eval.dataset.documents.document import UnreadableError

_GERMAN = "köstlich, 5 €"


def _meta(charset: str, text: bytes) -> bytes:
    return f'<html><head><meta charset="{charset}"></head><p>'.encode() + text


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (_GERMAN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + _GERMAN.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + _GERMAN.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + _GERMAN.encode("utf-16-be"), "utf-16"),
        (codecs.BOM_UTF32_LE + _GERMAN.encode("utf-32-le"), "utf-32"),
        (codecs.BOM_UTF32_BE + _GERMAN.encode("utf-32-be"), "utf-32"),
        (_GERMAN.encode("cp1252"), "windows-1252"),
    ],
)
def test_text(raw: bytes, encoding: str) -> None:
    """A text is decoded by its byte order mark, which goes, else as UTF-8, else as windows-1252."""
    assert decode(raw) == (_GERMAN, encoding)


@pytest.mark.parametrize(
    ("charset", "written", "encoding"),
    [
        ("windows-1252", "cp1252", "windows-1252"),
        ("iso-8859-1", "cp1252", "windows-1252"),
        ("ISO-8859-15", "iso-8859-15", "iso8859-15"),
        ("us-ascii", "cp1252", "windows-1252"),
        ("utf-8", "utf-8", "utf-8"),
        ("utf-8", "cp1252", "windows-1252"),
        ("iso-8859-1", "utf-8", "utf-8"),
        ("utf-16", "utf-8", "utf-8"),
        ("utf-7", "utf-8", "utf-8"),
        ("undefined", "utf-8", "utf-8"),
        ("unicode_escape", "utf-8", "utf-8"),
        ("rot13", "utf-8", "utf-8"),
        ("no-such-charset", "utf-8", "utf-8"),
        ("no-such-charset", "cp1252", "windows-1252"),
    ],
)
def test_declared(charset: str, written: str, encoding: str) -> None:
    """A page is decoded by what it declares, as browsers understand it, and right all the same where that is wrong."""
    text, name = decode(_meta(charset, _GERMAN.encode(written)), html=True)
    assert text.endswith(_GERMAN)
    assert name == encoding


@pytest.mark.parametrize(
    ("head", "written", "text"),
    [
        ("<meta http-equiv='Content-Type' content='text/html; charset=shift_jis'>", "cp932", "①日本"),
        ("<META CHARSET=gb2312>", "gb18030", "镕基"),
        ("<meta charset = 'koi8-r' />", "koi8-r", "Привет"),
        ("<?xml version='1.0' encoding='iso-8859-2'?>", "iso-8859-2", "žluť"),
        ("<meta name=x content=charset><meta charset=iso-2022-jp>", "iso-2022-jp", "日本"),
    ],
)
def test_ways_of_declaring(head: str, written: str, text: str) -> None:
    """Every way of declaring an encoding is understood, and the wider form in which old names are used."""
    assert decode(head.encode() + text.encode(written), html=True)[0] == head + text


def test_only_pages_declare() -> None:
    """A text that speaks of an encoding is not decoded by it."""
    raw = _meta("koi8-r", _GERMAN.encode())
    assert decode(raw) == (raw.decode(), "utf-8")


def test_mark_before_declaration() -> None:
    """A byte order mark counts more than what the page declares."""
    assert decode(codecs.BOM_UTF8 + _meta("koi8-r", b"\xc3\xa9"), html=True)[0].endswith("<p>é")


def test_line_ends() -> None:
    """Line ends of every kind stay as they are."""
    assert decode(b"a\r\nb\rc\n\x0cd")[0] == "a\r\nb\rc\n\x0cd"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("English text".encode("utf-16-le"), "not_text"),
        ("Ärger".encode("utf-16-be"), "not_text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text"),
        (bytes(range(1, 32)) * 10, "not_text"),
        (b"\xff\xfe" + b"a", "bad_encoding"),
        (codecs.BOM_UTF8 + b"na\xefve", "bad_encoding"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\0", "bad_encoding"),
        (codecs.BOM_UTF16_BE + b"\0\0\0a", "not_text"),
    ],
)
def test_no_text(raw: bytes, reason: str) -> None:
    """What is no text has a named reason and a sentence for a person."""
    with pytest.raises(UnreadableError) as caught:
        decode(raw)
    assert caught.value.reason == reason
    assert len(str(caught.value)) > 20


def test_a_stray_control_character() -> None:
    """A control character here and there does not make a long text binary."""
    assert decode(b"text " * 100 + b"\x07")[1] == "utf-8"


@given(
    st.binary(max_size=200) | st.builds(_meta, st.text("uft-816iso59", max_size=12), st.binary(max_size=40)),
    st.booleans(),
)
def test_any_bytes(raw: bytes, html: bool) -> None:  # noqa: FBT001 - drawn
    """Any bytes are a text that can be written as UTF-8, or a reason."""
    try:
        text, _ = decode(raw, html=html)
    except UnreadableError as error:
        assert error.reason in ("not_text", "bad_encoding")
    else:
        assert text.encode().count(b"\0") == 0


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff")))
def test_any_text(text: str) -> None:
    """What was written as UTF-8 is read back to the letter."""
    assert decode(text.encode()) == (text, "utf-8")
