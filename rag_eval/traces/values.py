"""Numbers, times and ids, in the many ways in which exporters write them."""

import base64
import binascii
import functools
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{16}|[0-9a-fA-F]{32})")
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which size on a time cannot be in seconds, milli- or microseconds any more, and what to divide it by."""
_NANOSECONDS = 19
"""Digits of a moment between 2001 and 2286."""
_ID_SIZES = (8, 16)
_NUMBERS = (int, float)


def number(value: Any) -> float | None:
    """A finite number, also one that is a truth or a text; else None."""
    if value is None or (type(value) is str and not value.strip()):
        return None
    try:
        parsed = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def seconds(value: Any) -> float | None:
    """A moment in seconds since 1970: from an ISO time, or from a number of any unit down to nanoseconds."""
    if type(value) is str and len(value) == _NANOSECONDS and value.isdigit():  # what OTLP has
        return float(value) / 1e9
    if value is None or isinstance(value, bool) or value == "":
        return None
    moment = number(value)
    if moment is None:
        return _iso(value)
    size = abs(moment)
    for least, unit in _UNITS:
        if size >= least:
            return moment / unit
    return moment or None


def _iso(value: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def text(value: Any) -> str | None:
    """A text that holds something; a number becomes its text."""
    if type(value) is str:
        return value if value.strip() else None
    return str(value) if isinstance(value, _NUMBERS) and not isinstance(value, bool) else None


def identifier(value: Any) -> str | None:
    """A trace or span id: hexadecimal in small letters, also where it came in capitals or in base64."""
    name = text(value)
    return None if name is None else _identifier(name.strip())


@functools.lru_cache(maxsize=256)  # a trace's stands in all of its spans, and a span's in those below it
def _identifier(name: str) -> str | None:
    if match := _HEX.fullmatch(name):
        return match[1].lower() if match[1].strip("0") else None
    return _from_base64(name) or name


def _from_base64(name: str) -> str | None:
    if not name.endswith("="):
        return None
    try:
        raw = base64.b64decode(name, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) in _ID_SIZES else None


CASE_NAMES = ("client_request_id", "case_id", "rag_eval.case_id")
"""What services call the id that their caller gave the question."""


def case(*places: object) -> dict[str, str]:
    """What a service recorded of how its caller named the question, where it did."""
    named = (text(first(place, *CASE_NAMES)) for place in places if isinstance(place, Mapping))
    return next(({"case_id": name} for name in named if name), {})


def first(fields: Mapping[str, Any], *names: str) -> Any:
    """The first of the names that holds something."""
    for name in names:
        value = fields.get(name)
        if value is not None and value != "":
            return value
    return None
