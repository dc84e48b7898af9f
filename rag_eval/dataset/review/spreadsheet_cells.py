"""Texts in the cells of a spreadsheet: never a formula, never turned into a number or a date, and exactly reversible.

A leading apostrophe makes a cell a plain text (OWASP, "CSV Injection"). It is put before a text, and taken away from
one, only if what follows any apostrophes would be in danger: so a text that begins with an apostrophe by itself stays.
"""

import re
import unicodedata

from rag_eval.dataset.problems import shown

_FORMULA = "=+-@\u2212"
"""What begins a formula, with the minus of typographers; full-width forms are folded into these."""
_CONTROL = "\t\r\n"
_NUMBER_OR_DATE = re.compile(
    r"(?=.*\d)(?:[\d\s.,:;/\\'’%$€£¥()+\-–eE]|jan\w*|feb\w*|mar\w*|apr\w*|may|jun\w*|jul\w*|aug\w*|sep\w*|oct\w*|nov\w*"
    r"|dec\w*|am|pm)+|true|false|wahr|falsch|vrai|faux",
    re.IGNORECASE,
)
_LONGEST_NUMBER = 40

SYNONYMS = {
    "accept": (
        "ok",
        "okay",
        "yes",
        "y",
        "good",
        "right",
        "correct",
        "accepted",
        "approve",
        "approved",
        "keep",
        "true",
        "x",
    ),
    "edit": ("edited", "change", "changed", "fix", "fixed", "corrected", "modify", "modified"),
    "reject": ("no", "n", "bad", "wrong", "rejected", "delete", "drop", "remove", "false", "discard"),
    "unanswerable": ("none", "n/a", "na", "unknown", "no answer", "not answerable", "unanswered"),
}


def guarded(text: str) -> str:
    """A text as it may stand in a cell."""
    return f"'{text}" if _in_danger(text) else text


def plain(cell: str) -> str:
    """The text that `guarded` put into a cell, or that somebody typed there."""
    return cell[1:] if cell.startswith("'") and _in_danger(cell) else cell


def _in_danger(text: str) -> bool:
    bare = text.lstrip("'")
    if bare[:1] and bare[0] in _CONTROL:
        return True
    first = next((char for char in bare if not _is_blank(char)), "")
    if first and unicodedata.normalize("NFKC", first)[0] in _FORMULA:
        return True
    return len(bare) <= _LONGEST_NUMBER and _NUMBER_OR_DATE.fullmatch(bare.strip()) is not None


def _is_blank(char: str) -> bool:
    """White space, or what shows nothing at all."""
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


def synonym(cell: str) -> str | None:
    """The verdict that a word most likely stands for."""
    word = cell.casefold().strip(" .!")
    return next((verdict for verdict, words in SYNONYMS.items() if word in words), None)


def quoted(value: str) -> str:
    """A cell as a message shows it."""
    return shown(value) if value else "nothing"
