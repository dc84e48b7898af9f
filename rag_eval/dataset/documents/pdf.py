"""The text of a PDF, page by page, by PDFium: its letters with their places, which `layout` puts in order."""

import ctypes
import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rag_eval.dataset.documents import layout
from rag_eval.dataset.documents.document import UnreadableError
from rag_eval.dataset.documents.layout import PlacedWord

_BETWEEN: Final = "\n\n"
_HYPHEN: Final = re.compile(r"(?P<before>[^\W\d_]+)-[ \t]*\n(?P<after>[a-zß-ÿ][^\W\d_]*)")
_NO_ENDING: Final = 6
"""Letters from which the second half of a word is hardly its ending."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LIGATURE: Final = re.compile("[ﬀ-ﬆ]")
_SOFT_HYPHENS: Final = "\x02\xad\ufffe"
"""How PDFium and typesetters write the hyphen that a line's end makes."""
_SURROGATES: Final = range(0xD800, 0xE000)
_UNKNOWN: Final = "\ufffd"
"""A letter of which the font does not say what it is."""
_APART: Final = 0.22
"""Gap between two letters, as a share of their size, from which they belong to two words."""
_SAME_LINE: Final = 0.1
_QUARTER: Final = math.pi / 2
_WANTS_PASSWORD: Final = 4
"""PDFium's code for that."""
_MOST_LETTERS: Final = 1_000_000
"""Letters of one page that are read; a book has two thousand."""
_LISTED: Final = 12
"""Pages that a note names."""
_PICTURES: Final = "no text, only pictures or drawings of it; run the file through OCR"
_NOTHING: Final = "nothing; empty, or broken"


def read(path: Path) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """The text, the offset of each page in it, and notes on pages of which there is none.

    Raises `UnreadableError` for an encrypted file, a broken one, and one that holds pictures only.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == _WANTS_PASSWORD:
            raise UnreadableError("password_protected", "needs a password; save a copy without one") from error
        raise _broken(error) from error
    with document:
        try:
            return _text([_page(document, number) for number in range(len(document))])
        except (pypdfium2.PdfiumError, OSError) as error:
            raise _broken(error) from error


def _broken(error: object) -> UnreadableError:
    reason = " ".join(str(error).split())[:120]
    return UnreadableError("broken", f"is a broken PDF: {reason}. Print it to PDF again.")


def _text(pages: list[tuple[str, str]]) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    notes = tuple(_notes([note for _, note in pages]))
    words = frozenset(word.lower() for text, _ in pages for word in _WORD.findall(_HYPHEN.sub("", text)))
    for raw, _ in pages:
        text = _HYPHEN.sub(lambda match: _joined(match, words), raw)
        starts.append(at)
        parts.append(text)
        at += len(text) + len(_BETWEEN)
    if not any(parts) and all(note == _NOTHING or note not in ("", _PICTURES) for _, note in pages):
        raise _broken(notes[0] if notes else "it has no pages")
    if not any(parts):
        raise UnreadableError("no_text", "holds no text, only pictures of it, or nothing; run it through OCR first")
    return _BETWEEN.join(parts), tuple(starts), notes


def _notes(notes: list[str]) -> Iterator[str]:
    """Of each kind of note one, with its pages."""
    for note in dict.fromkeys(filter(None, notes)):
        pages = [number for number, each in enumerate(notes, start=1) if each == note]
        shown = ", ".join(map(str, pages[:_LISTED])) + (f" and {len(pages) - _LISTED} more" * (len(pages) > _LISTED))
        yield f"page{'s' * (len(pages) > 1)} {shown}: {note}"


def _page(document: Any, number: int) -> tuple[str, str]:
    """The text of a page, and why it has none where it should have."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        return "", f"cannot be read: {error}"
    try:
        letters = page.get_textpage()
        try:
            text = layout.page_text(_words(letters.raw))
        finally:
            letters.close()
        shows = next(page.get_objects(max_depth=1), None) is not None
    except pypdfium2.PdfiumError as error:
        return "", f"cannot be read: {error}"
    finally:
        page.close()
    note = "" if text else _PICTURES if shows else _NOTHING
    return _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text), note


class _Letter:
    """Where one letter stands; the buffers are filled anew for each."""

    def __init__(self, letters: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium, self._letters = pdfium, letters
        self._box, self._x, self._y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()

    def text(self, at: int) -> str:
        """What it is; a blank where nothing is drawn."""
        code = self._pdfium.FPDFText_GetUnicode(self._letters, at)
        text = chr(code) if code <= sys.maxunicode and code not in _SURROGATES else _UNKNOWN
        if text in _SOFT_HYPHENS:
            return "-"
        if text.isspace() or not code:
            return " "
        return _UNKNOWN if self._pdfium.FPDFText_HasUnicodeMapError(self._letters, at) == 1 else text

    def turned(self, at: int) -> int:
        """By how many quarters it is turned, to the nearest."""
        return int(round(self._pdfium.FPDFText_GetCharAngle(self._letters, at) / _QUARTER) % 4)

    def box(self, at: int, turned: int) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of its line, as if the page were turned so that it stands upright."""
        self._pdfium.FPDFText_GetLooseCharBox(self._letters, at, self._box)
        box = self._box
        match turned:
            case 0:
                return box.left, box.right, box.bottom, box.top
            case 1:
                return box.bottom, box.top, -box.right, -box.left
            case 2:
                return -box.right, -box.left, -box.top, -box.bottom
            case _:
                return -box.top, -box.bottom, box.left, box.right

    def base(self, at: int, turned: int) -> float:
        """Its baseline, turned likewise."""
        self._pdfium.FPDFText_GetCharOrigin(self._letters, at, self._x, self._y)
        return (self._y.value, -self._x.value, -self._y.value, self._x.value)[turned]


def _words(letters: Any) -> Iterator[PlacedWord]:
    """Stretches of letters that stand close together, in the order in which they are drawn."""
    import pypdfium2.raw as pdfium

    letter = _Letter(letters)
    text, spaced, turned = "", True, 0
    left = right = bottom = size = base = 0.0
    after_blank = True
    for at in range(min(pdfium.FPDFText_CountChars(letters), _MOST_LETTERS)):
        new = letter.text(at)
        if new == " ":
            after_blank = True
            continue
        if after_blank or not text:
            turned_now = letter.turned(at)
        begin, end, low, top = letter.box(at, turned_now)
        # In writing from right to left the next letter stands on the left.
        apart = max(begin - right, left - end) > _APART * size or abs(low - bottom) > _SAME_LINE * size
        if after_blank or apart:
            if text:
                yield PlacedWord(text, left, right, base, size, turned, spaced)
            text, spaced, turned = new, after_blank, turned_now
            left, right, bottom, size, base = begin, end, low, top - low, letter.base(at, turned)
            after_blank = False
        else:
            text += new
            left, right = min(begin, left), max(end, right)
    if text:
        yield PlacedWord(text, left, right, base, size, turned, spaced)


def _joined(match: re.Match[str], words: frozenset[str]) -> str:
    """A word that a line's end parts, with its hyphen where that is its own: as the rest of the document writes it.

    Where it does not, the hyphen is its own if the first half is a word there and the second one is too, or is too long
    for the end of a word, as in chat-optimized.
    """
    before, after = match["before"], match["after"]
    two = before.lower() in words and (after.lower() in words or len(after) >= _NO_ENDING)
    own = f"{before}-{after}".lower() in words or (f"{before}{after}".lower() not in words and two)
    return f"{before}-{after}" if own else f"{before}{after}"
