"""Where sentences end: at stops that are no abbreviation, at line breaks, between the rows of a table."""

import re
from typing import Final

from rag_eval.language.lexicon import ABBREVIATIONS

FULL_LINE: Final = 40
"""Characters of a line from which it may have been wrapped; shorter ones are items of a list, or verses."""

_GAP: Final = r"[\"'”\u2019)\]]*\s+(?=[\"'“\u2018(\[*]?[^a-z\s])"
"""What lies behind a stop, with no small letter after it."""
_BREAK: Final = re.compile(rf"[.!?…\n](?:(?<=\n)\s*|(?<!\n){_GAP})")
"""It begins with a set of signs, and holds the stop itself: it is found several times faster than what lies behind."""
_ANY_BREAK: Final = re.compile(
    rf"(?<=[.!?…]){_GAP}|\n\s*"
    r"|(?:(?<=[。！？｡।॥؟۔։።။។៕])|(?<=．)(?!\d))[”’」』）】》\"')\]]*\s*"  # noqa: RUF001 - other scripts' stops
    r"|(?<=[\u0e00-\u0eff])\s+(?=[\u0e00-\u0eff])"  # Thai and Lao write spaces where others write stops
)
_OTHER_SCRIPT: Final = re.compile("[\u0500-\u1fff\u3000-\uffff]")
_LAST_WORD: Final = re.compile(r"([^\W\d_](?:[^\W\d_]|\.(?=[^\W\d_]))*)\.$")
_CITATION: Final = re.compile(r"\s?\[\^?\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3})*\]")
_BULLET: Final = re.compile(r"^(?:[-*+•\u2013·>#]+|\(?\d{1,2}[.)]|\(?[a-zA-Z]\))\s+")
_ENUMERATOR: Final = re.compile(r"(?<!\S)\(?(\d{1,2})[.)]\s+(?=\S)")
_WRAP: Final = re.compile(rf"\n(?<=[^\n]{{{FULL_LINE}}}[^\s.!?…:;|]\n)[ \t]*(?=[a-z\u00df-\u00f6\u00f8-\u00ff])")
_RULE: Final = re.compile(r"[|\-:=_*\s+]+")


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, without marks of layout and of citation."""
    pieces = _pieces(_unwrapped(_without_numbering(_CITATION.sub("", text) if "[" in text else text)))
    return [clean for piece in pieces if (clean := _plain(piece))]


def shorten(text: str, limit: int = 160) -> str:
    """A text cut at a word, for people to read."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0] + "…"


def _without_numbering(text: str) -> str:
    """A text in which the numbers of a list, 1. 2. 3., are line breaks, also inside a line."""
    if "1." not in text and "1)" not in text and text.isascii():
        return text
    runs: list[list[re.Match[str]]] = []
    for mark in _ENUMERATOR.finditer(text):
        if int(mark[1]) == 1:
            runs.append([mark])
        elif open_run := next((run for run in runs[:-3:-1] if len(run) + 1 == int(mark[1])), None):
            open_run.append(mark)
    marks = sorted((mark for run in runs if len(run) > 1 for mark in run), key=re.Match.start)  # one alone is a number
    if not marks:
        return text
    ends = [0, *(mark.end() for mark in marks)]
    return "\n".join(text[a:b] for a, b in zip(ends, [*(mark.start() for mark in marks), len(text)], strict=True))


def _unwrapped(text: str) -> str:
    """A text in which a line that is long and ends in no mark is one with the next, if that begins in small letters."""
    return _WRAP.sub(" ", text) if "\n" in text else text


def _pieces(text: str) -> list[str]:
    pieces, start = [], 0
    other, stop = (_ANY_BREAK, 0) if not text.isascii() and _OTHER_SCRIPT.search(text) else (_BREAK, 1)
    for gap in other.finditer(text):
        end = gap.start() + stop
        if "\n" in gap[0] or not abbreviated(text[max(start, end - 12) : end]):
            pieces.append(text[start : gap.end()])
            start = gap.end()
    return [*pieces, text[start:]]


def abbreviated(ending: str) -> bool:
    """Whether the stop at the end belongs to an abbreviation or an initial."""
    word = _LAST_WORD.search(ending)
    if word is None:
        return False
    known = word[1].lower() in ABBREVIATIONS
    return known or "." in word[1] or (len(word[1]) == 1 and word[1].isupper())


def _plain(piece: str) -> str:
    piece = piece.strip()
    if _RULE.fullmatch(piece):
        return ""
    if piece.startswith("|"):
        return ", ".join(cell.strip() for cell in piece.strip("|").split("|") if cell.strip())
    bullet = _BULLET.match(piece)
    return (piece[bullet.end() :] if bullet else piece).replace("**", "").replace("`", "").strip()
