"""What in a text of others speaks to the judge that reads it, and not to a reader: told by words and signs.

A language model may obey what it is to judge. No list of words knows every attack; what is found here is said beside
the score, and has control statements ride along to the judge, whose verdicts are known.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Final
from urllib.parse import unquote

from rag_eval.language.injections import FIELD_WORDS, FIELDS, speaks, table, words_of

INSTRUCTIONS: Final = "instructions to a judge"
BREAKERS: Final = "signs that would end its field"
HIDDEN: Final = "hidden characters"
WALL: Final = "a wall of text"

_WALL = 50_000
"""Letters from which a text is a wall; no more of it is looked at."""
_BLANK = (" " * 400, "\n" * 100)
"""White space behind which something may be out of sight."""

_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in "\t\n\r\f") + b"\x7f"
_ODD = re.compile(
    "[\u00ad\u0400-\u04ff\u180e\u200b-\u200f\u202d\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
"""What is worth a closer look."""
_HIDDEN = re.compile(
    "[\u202d\u202e\u2066-\u2069\U000e0000-\U000e007f]"  # turn the order around; letters that are never drawn
    "|[A-Za-z][\u180e\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z]"  # no place between two Latin letters
    "|(?:[\u200b-\u200f\u2060-\u2064\ufeff]\\s?){3}"
    "|(?:[A-Za-z]\u00ad){3}"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3}"
    "|[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]"  # letters that look alike, in one word
)
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]+")

_BRACKETS = re.compile(r"[\[{]|[\"'\u201d]\s*[\]}]|[\]}]")
_ESCAPED = re.compile(r"\\[\"n]\s*[,}\]]|\\\"\s*:")
_LETTERS = str.maketrans("013457@$", "oieastas")
_LETTER = frozenset(bytes([code]) for code in b"abcdefghijklmnopqrstuvwxyz")
_SINGLE = 5
"""Different letters that stand alone in a text from which on it may be spelt out."""
_SPELT = re.compile(r"(?:\b\w[ .\-_*|]{1,3}){8,200}")
_PARTING = re.compile(r"[ .\-_*|]+")
_ENCODED = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/_-]{24,}={0,2}")
_LONG = 20
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")

_suspected: ContextVar[bool] = ContextVar("suspected", default=False)


def is_suspected() -> bool:
    """Whether what is being scored holds something that speaks to a judge."""
    return _suspected.get()


@contextmanager
def suspected() -> Iterator[None]:
    """Have all that is asked within known as asked of texts that speak to a judge."""
    token = _suspected.set(True)
    try:
        yield
    finally:
        _suspected.reset(token)


@lru_cache(maxsize=256)
def suspicions(text: str) -> tuple[str, ...]:
    """What a text holds that speaks to a judge, in words; nothing of nearly every text."""
    seen = text[:_WALL]
    words = words_of(seen)
    looks = {
        INSTRUCTIONS: _instructs(seen, words),
        BREAKERS: _breaks(seen, words),
        HIDDEN: _hides(seen),
        WALL: len(text) >= _WALL or any(blank in text for blank in _BLANK),
    }
    return tuple(what for what, is_there in looks.items() if is_there)


def _hides(text: str) -> bool:
    if text.isascii():
        raw = text.encode()
        return len(raw.translate(None, _CONTROLS)) != len(raw)
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return True
    return _ODD.search(text) is not None and _HIDDEN.search(text) is not None


def _breaks(text: str, words: frozenset[bytes]) -> bool:
    """Whether a text would close what it never opened, were its signs not escaped, or names fields of a reply."""
    if '"' not in text and "'" not in text and "\u201d" not in text:
        return False
    if not words.isdisjoint(FIELD_WORDS) and FIELDS.search(text):
        return True
    if "\\" in text and _ESCAPED.search(text):
        return True
    if "}" not in text and "]" not in text:
        return False
    depth = 0
    for sign in _BRACKETS.finditer(text):
        if sign[0] in "[{":
            depth += 1
            continue
        if depth == 0 and len(sign[0]) > 1 and (sign[0][-1] == "}" or text[sign.end() : sign.end() + 1] in (*",}{",)):
            return True
        depth = max(0, depth - 1)
    return False


def _instructs(text: str, words: frozenset[bytes]) -> bool:
    """Whether a text gives orders to whoever judges it, also where it is written so that it is not easily seen."""
    return speaks(text, words) or any(speaks(reading, words_of(reading)) for reading in _readings(text, words))


def _readings(text: str, words: frozenset[bytes]) -> Iterator[str]:
    """A text as it reads once what disguises it is taken away."""
    if not text.isascii() and (_ODD.search(text) or not unicodedata.is_normalized("NFKC", text)):
        yield unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    if "&" in text and ";" in text and (unescaped := html.unescape(text)) != text:
        yield unescaped
    if ("%" in text or "\\" in text) and _PERCENT.search(text):
        yield _ESCAPE.sub(lambda code: chr(int(code[1] or code[2], 16)), unquote(text))
    if not words.isdisjoint(table().with_digits):
        yield text.lower().translate(_LETTERS)
    if len(words & _LETTER) >= _SINGLE and (spelt := _SPELT.search(text)):
        yield _spelled(_PARTING.sub("", spelt[0]))
    if words and len(max(words, key=len)) >= _LONG:
        yield from map(_decoded, _ENCODED.findall(text))


def _spelled(letters: str) -> str:
    """Letters that were parted from each other, with blanks around the words that matter."""
    return _cores().sub(r" \g<0> ", letters.lower())


@cache
def _cores() -> re.Pattern[str]:
    return re.compile("|".join(sorted((word.decode() for word in table().core), key=len, reverse=True)))


def _decoded(code: str) -> str:
    """What stands in base64, if that is a text."""
    plain = code.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
