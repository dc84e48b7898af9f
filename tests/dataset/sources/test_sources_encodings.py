"""In which encoding a file is, told by its bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval.dataset.sources.encodings import encoding_of
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]
_RUSSIAN = "Сколько стоит доставка?;Пять евро"


@pytest.mark.parametrize(
    ("text", "encoding", "called"),
    [
        ("Größe?;5,90 €", "cp1252", "Windows-1252"),
        ("naïve", "cp1252", "Windows-1252"),
        ("GRÖSSE", "cp1252", "Windows-1252"),
        ("It’s open – daily", "cp1252", "Windows-1252"),
        ("señor, ¿qué?", "cp1252", "Windows-1252"),
        ("Ile wynosi opłata za przesyłkę?;Opłata wynosi 5 zł.", "cp1250", "Windows-1250"),
        (_RUSSIAN, "cp1251", "Windows-1251"),
        (_RUSSIAN, "koi8_r", "KOI8-R"),
        ("Wie hoch ist die Gebühr für Größe XL?;Die Gebühr beträgt 5 €", "mac_roman", "Mac OS Roman"),
        ("料金はいくらですか？;5ユーロです。", "cp932", "Windows-932"),
        ("邮费是多少？;五欧元。办公室在哪里？", "gb18030", "GB18030"),
    ],
)
def test_old_encodings_are_read_with_a_note(save: Save, text: str, encoding: str, called: str) -> None:
    """The note shows how a part of the text was read, so that somebody sees whether it reads wrong."""
    path = save("a.csv", f"question\n{text}\n".encode(encoding))
    found = encoding_of(path)
    assert found.note
    assert f"read as {called}: " in found.note.message
    with found.open(path) as file:
        assert file.read() == f"question\n{text}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_told_by_its_bytes(save: Save, encoding: str) -> None:
    """With a mark or without; nothing has to be said of it."""
    path = save("a.csv", "question;id\nWarum, Rößl?;1\n".encode(encoding))
    found = encoding_of(path)
    with found.open(path) as file:
        assert file.read() == "question;id\nWarum, Rößl?;1\n"
    assert found.note is None


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"question\n\xe9\n", ":2: expected UTF-8, found byte 0xe9 in column 1"),
        (b"question\nwo\n\x96\n", ":3: expected UTF-8, found byte 0x96"),
        ("Größe".encode() + b"\ncaf\xe9\n", ":2: expected UTF-8, found byte 0xe9 in column 4"),
        (b"PAR1\x15\x04\x15\x80\x00", ":1: expected UTF-8"),
    ],
    ids=["a letter alone", "a dash alone", "UTF-8 with a spoilt line", "no text"],
)
def test_what_cannot_be_told_is_refused(save: Save, content: bytes, place: str) -> None:
    """With the place of the byte, and what to do: a guess without a word to go by is none."""
    path = save("a.csv", content)
    with pytest.raises(DataError, match=place), encoding_of(path).open(path):
        pass


def test_a_file_that_breaks_off_its_encoding(save: Save) -> None:
    """What begins as UTF-16 and ends in the middle of a letter is an error of ours."""
    path = save("a.csv", "question\nq\n".encode("utf-16") + b"\0")
    with (
        pytest.raises(DataError, match="begins as UTF-16, but goes on otherwise"),
        encoding_of(path).open(path) as file,
    ):
        file.read()


def test_line_ends_of_the_old_macintosh(save: Save) -> None:
    """Only where no other line end stands in the file."""
    path = save("a.csv", b"question,id\rq,1\rr,2\r")
    with encoding_of(path).open(path) as file:
        assert len([*file]) == 3
    assert encoding_of(save("b.csv", b"question\na\rb\n")).line_ends == "\n"
