"""Where sentences end: at stops that are no abbreviation, at line breaks, between the rows of a table."""

import re
from typing import Final

from rag_eval.judges.embedded.lexicon import ABBREVIATIONS

_BREAK: Final = re.compile(
    r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[*]?[^a-z\s])"  # a stop, then no small letter
    r"|\n\s*"
    r"|(?<=[。！？।])\s*"  # noqa: RUF001 - full-width stops are meant
)
_LAST_WORD: Final = re.compile(r"([^\W\d_](?:[^\W\d_]|\.(?=[^\W\d_]))*)\.$")
_CITATION: Final = re.compile(r"\s?\[\^?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\]")  # noqa: RUF001 - people write the dash
_BULLET: Final = re.compile(r"^(?:[-*+•–·>#]+|\(?\d{1,2}[.)]|\(?[a-zA-Z]\))\s+")  # noqa: RUF001
_RULE: Final = re.compile(r"[|\-:=_*\s+]+")


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, without marks of layout and of citation."""
    return [clean for piece in _pieces(_CITATION.sub("", text)) if (clean := _plain(piece))]


def shorten(text: str, limit: int = 160) -> str:
    """A text cut at a word, for people to read."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0] + "…"


def _pieces(text: str) -> list[str]:
    pieces, start = [], 0
    for gap in _BREAK.finditer(text):
        if "\n" in gap[0] or not _abbreviated(text[max(start, gap.start() - 12) : gap.start()]):
            pieces.append(text[start : gap.end()])
            start = gap.end()
    return [*pieces, text[start:]]


def _abbreviated(ending: str) -> bool:
    """Whether the stop at the end belongs to an abbreviation or an initial."""
    word = _LAST_WORD.search(ending)
    if word is None:
        return False
    return word[1].lower() in ABBREVIATIONS or (len(word[1]) == 1 and word[1].isupper())


def _plain(piece: str) -> str:
    piece = piece.strip()
    if _RULE.fullmatch(piece):
        return ""
    if piece.startswith("|"):
        return ", ".join(cell.strip() for cell in piece.strip("|").split("|") if cell.strip())
    return _BULLET.sub("", piece).replace("**", "").replace("`", "").strip()
