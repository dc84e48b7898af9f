"""In which encoding a file of rows is: what its first bytes say, else UTF-8, else what its letters make likely."""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from rag_eval.dataset.sources.row import RowNote
from rag_eval.errors import DataError
from rag_eval.language.sentences import shorten

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_LIKELY = (
    "cp1250", "cp1251", "cp1254", "mac_roman", "cp850", "koi8_r", "cp866", "cp932", "euc_jp", "gb18030",
    "big5", "cp949",
)  # fmt: skip
"""What spreadsheets and old programs write where it is not Windows-1252, the most frequent first."""
_CALLED = {"cp850": "code page 850", "cp866": "code page 866", "mac_roman": "Mac OS Roman"}
"""Python's names of encodings to what people know them by; the others of `cp` are of Windows."""
_HEAD = 1 << 16
_LEAST_HEAD = 8
_WIDE = 0.4
"""Share of NUL bytes among the bytes of which every other one is the half of an ASCII letter."""
_LONGEST = 1 << 18
"""Bytes of a line that are looked at."""
_LINES = 2000
"""Lines that are no UTF-8 by which their encoding is told."""
_MOST_CHAOS = 0.1
_SURE = 4
"""Letters of other scripts that make a reading likely where none stands beside one of ASCII."""
_SHOWN = 50
_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøœùúûüß"
_CAPITALS = _LETTERS.upper().replace("SS", "")
_WESTERN = frozenset(_LETTERS + _CAPITALS + "‘’\u201a“”„\u2039\u203a«»–—…•·€£§°²³½¼¾ªºµ×±\u00b4®©™¡¿\u00a0\u00ad")
_LETTER = f"[{_LETTERS}{_CAPITALS}]"
_SIGN_INSIDE = re.compile(r"[^\W\d_][\u201a„•²³¹½¼¾ªºµ×±\u00b4£§°¿¡€¤¨\u00b8¦¬†‡ˇ˘\u02db][^\W\d_]")
_ODD_PLACE = re.compile(rf"[a-z{_LETTERS}][{_CAPITALS}]|{_LETTER}{{3}}|{_SIGN_INSIDE.pattern}")
_IN_PLACE = re.compile(rf"[a-zA-Z]{_LETTER}|{_LETTER}[a-zA-Z]|[\w\s][‘’“”„–—…€£§°«»][\w\s.,;]", re.ASCII)
_WORD = re.compile(r"[a-z][^\W\d_a-z]|[^\W\d_a-z][a-z]", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class TextEncoding:
    """An encoding, and what is to be said of it where nothing declares it."""

    name: str
    note: RowNote | None = None
    wrong: str = ""
    """Why it is none that can be told: where, what was found, and what to do."""
    line_ends: str | None = "\n"
    """As `open` takes it: None where lines end with CR alone, as they did on the Macintosh."""

    @contextmanager
    def open(self, path: Path) -> Iterator[IO[str]]:
        """The file as text, with its own line ends; raises `DataError` where it is in no encoding that can be told."""
        if self.wrong:
            raise DataError(self.wrong)
        with path.open(encoding=self.name, newline=self.line_ends) as file:
            try:
                yield file
            except UnicodeError as error:
                message = f"{path}: begins as {self.name.upper()}, but goes on otherwise ({error})"
                raise DataError(f"{message}. Do: save it as UTF-8") from error


def encoding_of(path: Path) -> TextEncoding:
    """The encoding of a file; one that is in none that can be told has `wrong`."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    ends = None if b"\r" in head and b"\n" not in head else "\n"
    name = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _wide(head)
    if name and name != "utf-8-sig":
        return TextEncoding(name)
    odd = _odd_lines(path)
    return _guessed(path, odd, ends) if odd else TextEncoding("utf-8-sig", line_ends=ends)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark, told by the NUL bytes of its ASCII letters; None for anything else."""
    if len(head) < _LEAST_HEAD or b"\0" not in head:
        return None
    nulls = (head[::2].count(0), head[1::2].count(0))
    if max(nulls) < _WIDE * len(head) or min(nulls):
        return None
    return "utf-16-be" if nulls[0] else "utf-16-le"


def _odd_lines(path: Path) -> list[tuple[int, bytes]]:
    """The first lines that are no UTF-8, with their numbers; none where all are."""
    with path.open("rb") as file:
        return [*islice(((number, line) for number, line in enumerate(file, start=1) if not _is_utf8(line)), _LINES)]


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guessed(path: Path, odd: list[tuple[int, bytes]], ends: str | None) -> TextEncoding:
    """Windows-1252 if that reads as Western texts do, else what charset-normalizer finds, if that reads well."""
    sample = b"".join(line[:_LONGEST] for _, line in odd)
    name = "cp1252" if _is_western(_decodes(sample, "cp1252")) else _found(sample)
    text = _decodes(sample, name) if name else None
    if name is None or text is None or _has_utf8(path):
        return TextEncoding("utf-8", wrong=_wrong(path, *odd[0]))
    called = _CALLED.get(name) or (name.replace("cp", "Windows-") if "cp" in name else name.upper().replace("_", "-"))
    shown = next(line for line in text.splitlines() if not line.isascii())
    message = f"is no UTF-8, and was read as {called}: {_around(shown)!r}. If that reads wrong, save it as UTF-8"
    return TextEncoding(name, RowNote(str(path), message), line_ends=ends)


def _is_western(text: str | None) -> bool:
    """Whether every letter that is no ASCII stands where languages of Western Europe have it, and one in a word.

    Other encodings give capitals inside words, signs between letters and long runs of marked letters. A library that
    counts letters needs more of them than a short table has: it reads naïve as naďve.
    """
    if (
        text is None
        or _ODD_PLACE.search(text)
        or not all(letter in _WESTERN for letter in text if not letter.isascii())
    ):
        return False
    return _IN_PLACE.search(text) is not None


def _found(sample: bytes) -> str | None:
    import charset_normalizer

    for guess in charset_normalizer.from_bytes(sample, cp_isolation=[*_LIKELY]):  # the best first
        if guess.chaos <= _MOST_CHAOS and _reads_well(str(guess)):
            return next(name for name in (*_LIKELY, guess.encoding) if _decodes(sample, name) == str(guess))
    return None


def _decodes(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        return None


def _reads_well(text: str) -> bool:
    """Whether letters stand in words: beside one of ASCII, or several of another script; and no signs do."""
    if _SIGN_INSIDE.search(text):
        return False
    return _WORD.search(text) is not None or sum(letter.isalpha() for letter in text if ord(letter) > 127) >= _SURE  # noqa: PLR2004 - the end of ASCII


def _has_utf8(path: Path) -> bool:
    """Whether some lines hold more than ASCII and are UTF-8: then others are spoilt, not in another encoding."""
    with path.open("rb") as file:
        return any(not line.isascii() and _is_utf8(line) for line in file)


def _around(line: str) -> str:
    """The part of a line that shows how it was read."""
    place = next(number for number, letter in enumerate(line) if not letter.isascii())
    return shorten(line[max(0, place - _SHOWN // 2) :].partition(" ")[2] if place > _SHOWN // 2 else line, _SHOWN)


def _wrong(path: Path, number: int, line: bytes) -> str:
    try:
        line.decode()
        place = 0
    except UnicodeDecodeError as error:
        place = error.start
    byte = f"byte 0x{line[place]:02x} in column {place + 1}"
    return (
        f"{path}:{number}: expected UTF-8, found {byte}, and no other encoding that reads well. "
        "Do: save or export it as UTF-8 (in Excel: CSV UTF-8)."
    )
