"""What a secret is known by where it stands in an experiment: by what it is called, and by what it looks like."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator

from rag_eval.config.env import each_variable, has_variable

_CALLED = frozenset({
    "authorization", "authentication", "auth", "cookie", "token", "secret", "password", "passwd", "passphrase", "pwd",
    "apikey", "credential", "credentials", "signature", "sig", "jwt", "bearer",
})  # fmt: skip
_KEYS = frozenset({"api", "access", "subscription", "private", "secret", "auth", "account", "client", "functions", "x"})
"""Words before `key` that make a secret of it; `sort_key` is none."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PLAIN = frozenset({"", "none", "null", "true", "false"})
_KNOWN = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|hf_\w{20,}|(?:sk|rk|pk)_(?:live|test)_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|"
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}",
    re.IGNORECASE,
)
"""Keys that tell by their beginning whose they are, JSON Web Tokens, PEM keys, and what stands in `Authorization`."""
_RANDOM = re.compile(r"(?<![\w+])[A-Za-z0-9_+]{24,}(?![\w+])")
_BITS = 3.9
"""Bits of a sign from which letters of both cases and digits are no words: of random ones 24 have 4.3."""


def is_secret(name: str) -> bool:
    """Whether a header or parameter of this name holds a secret."""
    return _is_called(name) or name.lower() == "key"


def _is_called(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    before_key = {before for before, word in pairwise(words) if word == "key"}
    return any(word in _CALLED for word in words) or bool(before_key & _KEYS)


def looks_secret(text: str) -> bool:
    """Whether a text holds what looks like a key or a token, whatever it is called."""
    return bool(_KNOWN.search(text)) or any(_is_random(match[0]) for match in _RANDOM.finditer(text))


def _is_random(text: str) -> bool:
    kinds = any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))
    if not kinds:
        return False
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) >= _BITS


def demand_named(name: str, value: str, *, inside: bool = False) -> None:
    """Raise `ValueError` for a header or parameter that is a secret and stands there for everybody to read.

    `inside` a body only names that mean nothing else count.
    """
    if has_variable(value) or "{{" in value or value.lower() in _PLAIN:
        return
    if (_is_called(name) if inside else is_secret(name)) or looks_secret(value):
        raise ValueError(f"{name} holds a secret: put it into the environment and write ${{NAME}} in its place")


def texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a body with the key that it stands under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner, name)


def no_secret(url: str) -> str:
    """Refuse a secret that is written into a URL: it would be copied into run folders and into MLflow."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # no URL at all; whoever opens it will say so
    userinfo, at, _ = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    if at and (each_variable(password, lambda _: "") or looks_secret(user)):
        raise ValueError("a password stands in the URL; put it into the environment and write ${NAME} in its place")
    for name, value in parse_qsl(parts.query):
        demand_named(name, value)
    if looks_secret(parts.path):
        raise ValueError("a secret stands in the URL; put it into the environment and write ${NAME} in its place")
    return url


Url = Annotated[str, AfterValidator(no_secret)]
"""A URL in which each secret is the name of an environment variable."""
