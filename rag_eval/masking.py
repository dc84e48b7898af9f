"""Texts in which secrets are left out, however somebody may have written them back."""

import base64
import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

SHORTEST_SECRET = 6
"""Shorter ones are masked only where they stand alone, or a message would be unreadable."""
_SHORTEST = 4
_LONGEST_WORD = 16
_LEAST_ENCODED = 8
"""Bytes of a secret from which on it is looked for in hex and in base64: of fewer too little is left."""
_DEEP = 7
"""Backslashes before a sign: JSON in JSON in JSON has so many, and a wall of them is not tried from each one on."""
_ESCAPE = re.compile(r"\\|%[0-9A-Fa-f]{2}|&(?:#|\w+;)")


def mask(text: str, hidden: Collection[str], shortest: int) -> str:
    """The text without any of the hidden ones, however a service may have written them back.

    One that is shorter than `shortest` is masked where it stands alone, unless it is a word that may be meant.
    """
    known = frozenset(hidden)
    if not known:
        return text
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= shortest:
            for written in _spellings(secret):
                text = text.replace(written, "***")
        elif len(secret) >= _SHORTEST and not _is_word(secret):
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
            for written in _in_bytes(secret):  # as such it is no word that an answer may mean
                text = text.replace(written, "***")
    if _ESCAPE.search(text):
        escaped = _escaped(known)
        text = escaped.sub("***", text) if escaped else text
    return text


@lru_cache(256)
def _spellings(secret: str) -> tuple[str, ...]:
    """How a secret is mostly written: as it is, in JSON, in an address, in a page, in hex, in base64."""
    in_json = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    in_address = (quote(secret, safe=""), quote_plus(secret), quote(secret))
    return tuple(dict.fromkeys((secret, *in_json, *in_address, escape(secret), *_in_bytes(secret))))


@lru_cache(256)
def _in_bytes(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "replace")
    return (raw.hex(), raw.hex().upper(), *_base64(raw)) if len(raw) >= _LEAST_ENCODED else ()


def _base64(raw: bytes) -> Iterator[str]:
    """What of a secret stands in base64 wherever it begins: the signs that nothing beside it has a part in."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        first, after = -(-before * 4 // 3), (before + len(raw)) % 3
        inner = whole.rstrip("=")[first : None if not after else -1]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


@lru_cache(64)
def _escaped(hidden: frozenset[str]) -> re.Pattern[str] | None:
    """What finds secrets of which some signs are escaped and some are not."""
    known = [
        secret for secret in sorted(hidden, key=len, reverse=True) if len(secret) >= _SHORTEST and not _is_word(secret)
    ]
    return re.compile("|".join(map(_signs, known))) if known else None


def _signs(secret: str) -> str:
    signs = "".join(map(_sign, secret))
    return signs if len(secret) >= SHORTEST_SECRET else rf"(?<!\w){signs}(?!\w)"


def _sign(sign: str) -> str:
    """A sign however it may be escaped: in JSON, in an address, in a page."""
    in_address = "".join(f"%(?i:{byte:02x})" for byte in sign.encode("utf-8", "replace"))
    units = sign.encode("utf-16-be", "surrogatepass")
    in_json = "".join(rf"\\{{1,{_DEEP}}}u(?i:{units[at]:02x}{units[at + 1]:02x})" for at in range(0, len(units), 2))
    in_page = rf"&#0*{ord(sign)};|&#(?i:x0*{ord(sign):x});"
    named = f"|{re.escape(escape(sign))}" if escape(sign) != sign else ""
    blank = r"|\+" if sign == " " else ""
    return rf"(?:\\{{0,{_DEEP}}}{re.escape(sign)}|{in_address}|{in_json}|{in_page}{named}{blank})"


def _is_word(secret: str) -> bool:
    """Whether a short secret is a word or a year, which an answer may mean."""
    return (secret.isalpha() and len(secret) < _LONGEST_WORD) or (secret.isdecimal() and len(secret) < SHORTEST_SECRET)
