"""Which system it is that a run asks, so that a resumed run is of one system: kept in the journal, without secrets."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue

from rag_eval import config
from rag_eval.targets.replay.index import CaptureIndex

_LIKE_A_KEY = re.compile(r"key|token|secret|sig|auth|pass|cookie", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@]*@")
"""User and password, before a variable in them can hold what would end them."""
_SHORTEST_TOKEN = 16
_LONGEST = 80
_NOTHING = "not set"

Mark = Callable[[str], str]
"""Makes a value that must not be kept into a few signs that tell it from others."""


def identity(target: config.TargetConfig, salt: str, index: CaptureIndex | None = None) -> dict[str, JsonValue]:
    """Dotted key to value, for all that makes a target this one; settings that stand at their defaults are left out.

    Of environment variables the name is kept, with a mark, salted by `salt`, that tells another value; under names of
    secrets the name alone, as a key may be renewed. `index` holds what a replay plays.
    """

    def mark(value: str) -> str:
        return "#" + hashlib.sha256(f"{salt}\0{value}".encode()).hexdigest()[:6]

    settings = _flat("", target.model_dump(mode="json", exclude_defaults=True, exclude={*target.manner}))
    if not target.expands:
        return settings
    marked = {key: _marked(key, value, mark) for key, value in settings.items()}
    marked |= {name: _address(url, f"target.{name}", mark) for name, url in target.addresses.items()}
    if index is not None:
        marked["captured_answers"] = index.digest()
    return marked


def differences(before: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> list[str]:
    """What makes another system of it, a sentence for each setting."""
    return [
        f"target.{key} differs ({_short(before.get(key, _NOTHING))} and {_short(now.get(key, _NOTHING))})"
        for key in sorted({*before, *now})
        if before.get(key, _NOTHING) != now.get(key, _NOTHING)
    ]


def _flat(prefix: str, value: Any) -> dict[str, JsonValue]:
    if isinstance(value, list):
        value = {str(index): inner for index, inner in enumerate(value)}
    if isinstance(value, dict) and value:
        return {k: v for key, inner in value.items() for k, v in _flat(f"{prefix}.{key}", inner).items()}
    return {prefix.lstrip("."): value}


def _marked(key: str, value: JsonValue, mark: Mark) -> JsonValue:
    if not isinstance(value, str) or _LIKE_A_KEY.search(key):
        return value
    return config.each_variable(value, lambda name: name + mark(config.expand(name, where=f"target.{key}")))


def _address(text: str, where: str, mark: Mark) -> str:
    """A URL with its variables resolved, without user, password, and what may be a secret in path and query."""
    url = config.expand(_USER.sub("", text), where=where)
    try:
        parts = urlsplit(url)
    except ValueError:
        return mark(url)
    steps = [step if step in text or not _may_be_token(step) else mark(step) for step in parts.path.split("/")]
    query = [
        f"{name}={value if value in text else '***' if _LIKE_A_KEY.search(name) else mark(value)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{'/'.join(steps)}{'?' if query else ''}{'&'.join(query)}"


def _may_be_token(step: str) -> bool:
    return len(step) >= _SHORTEST_TOKEN and any(map(str.isdigit, step)) and any(map(str.isalpha, step))


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
