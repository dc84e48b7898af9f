"""The text of a PDF, page by page, by pypdf."""

import logging
import re
import struct
import unicodedata
import zlib
from pathlib import Path
from typing import Any

from rag_eval.dataset.documents.document import UnreadableError

_BETWEEN = "\n\n"
_HYPHEN = re.compile(r"(?P<before>[^\W\d_]+)-[ \t]*\n(?P<after>[a-zß-ÿ][^\W\d_]*)")
_NO_ENDING = 6
"""Letters from which the second half of a word is hardly its ending."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LIGATURE = re.compile("[ﬀ-ﬆ]")
_BROKEN = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError, RecursionError)
_BROKEN_TOO = (TypeError, ValueError, struct.error, zlib.error)
"""What pypdf raises on files that break the standard, beside its own errors."""


def read(path: Path) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """The text, the offset of each page in it, and a note on each page that could not be read.

    Raises `UnreadableError` for an encrypted file, a broken one, and one that holds pictures only.
    """
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every flaw that it reads over
    try:
        with path.open("rb") as file:
            reader = pypdf.PdfReader(file)
            _unlock(reader)
            return _text(reader)
    except (pypdf.errors.PyPdfError, *_BROKEN, *_BROKEN_TOO) as error:
        raise UnreadableError("broken", f"is a broken PDF: {_said(error)}. Print it to PDF again.") from error


def _unlock(reader: Any) -> None:
    import pypdf

    try:
        opened = not reader.is_encrypted or reader.decrypt("")
    except pypdf.errors.DependencyError as error:  # AES without `cryptography`
        raise ModuleNotFoundError(str(error)) from error
    if not opened:
        raise UnreadableError("password_protected", "needs a password; save a copy without one")


def _text(reader: Any) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    parts: list[str] = []
    starts: list[int] = []
    notes: list[str] = []
    at = 0
    pages = [_page(page) for page in reader.pages]
    words = frozenset(word.lower() for text, _ in pages for word in _WORD.findall(_HYPHEN.sub("", text)))
    for number, (raw, note) in enumerate(pages, start=1):
        text = _HYPHEN.sub(lambda match: _joined(match, words), raw)
        notes.extend([f"page {number}: {note}"] if note else [])
        starts.append(at)
        parts.append(text)
        at += len(text) + len(_BETWEEN)
    if not any(parts) and notes:
        raise UnreadableError("broken", f"is a broken PDF: {notes[0]}. Print it to PDF again.")
    if not any(parts):
        raise UnreadableError("no_text", "holds no text, only pictures of it, or nothing; run it through OCR first")
    return _BETWEEN.join(parts), tuple(starts), tuple(notes)


def _page(page: Any) -> tuple[str, str]:
    import pypdf

    try:
        text = str(page.extract_text())
    except (pypdf.errors.PyPdfError, *_BROKEN, *_BROKEN_TOO) as error:
        return "", f"could not be read: {_said(error)}"
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = text.encode("utf-8", "replace").decode()  # a font may map a glyph to half of a surrogate pair
    return text.replace("\0", "").strip(), ""


def _joined(match: re.Match[str], words: frozenset[str]) -> str:
    """A word that a line's end parts, with its hyphen where that is its own: as the rest of the document writes it.

    Where it does not, the hyphen is its own if the first half is a word there and the second one is too, or is too long
    for the end of a word, as in chat-optimized.
    """
    before, after = match["before"], match["after"]
    two = before.lower() in words and (after.lower() in words or len(after) >= _NO_ENDING)
    own = f"{before}-{after}".lower() in words or (f"{before}{after}".lower() not in words and two)
    return f"{before}-{after}" if own else f"{before}{after}"


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
