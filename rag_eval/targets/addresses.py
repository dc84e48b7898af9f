"""The same service at another address: a preview of a branch, the release that is in use."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from rag_eval import config
from rag_eval.errors import ConfigError, UsageError
from rag_eval.targets.http.config import HttpConfig

_PART = r"(?:\$\{[^}]*\}|[^/?#{$\s])"
_HEAD = re.compile(rf"{_PART}+?://{_PART}+|{_PART}+")
"""Scheme, host and port as they are written: `http://host:80`, `${URL}`, `https://${HOST}`; no templates."""


def moved(target: config.TargetConfig, url: str) -> HttpConfig:
    """The target with scheme, host and port of `url` wherever its own stand: in its URL, where it logs in, in headers.

    A path of `url` is put in front of the target's own, unless it is that already. Raises `UsageError` for a target
    that is not asked over HTTP, or of which the address is not known, and for what is no address.
    """
    if not isinstance(target, HttpConfig):
        raise UsageError(f"an address stands for target.url, and this target is of the kind {target.kind}")
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        raise UsageError(f"{url}: is no address; it reads https://host or https://host:8080/path")
    own = _HEAD.match(target.url)
    if own is None:
        raise UsageError(f"target.url: {target.url} begins with a template, and nothing can take its place")
    prefix = "" if urlsplit(target.url[own.end() :]).path.rstrip("/") == address.path.rstrip("/") else address.path
    move = _Move(own[0], f"{address.scheme}://{address.netloc}{prefix.rstrip('/')}")
    try:
        return HttpConfig.model_validate(move.everywhere(target.model_dump()))
    except ValidationError as error:
        raise ConfigError(f"{address.scheme}://{address.hostname}: {error.errors()[0]['msg']}") from error


class _Move:
    """Puts an address where another stands."""

    def __init__(self, own: str, to: str) -> None:
        self._own, self._to = own, to
        self._origin = _origin(own)

    def everywhere(self, value: Any) -> Any:
        """The same value, whatever its shape, with every address in it moved."""
        match value:
            case str():
                return self._text(value)
            case dict():
                return {key: self.everywhere(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.everywhere(inner) for inner in value]
            case _:
                return value

    def _text(self, text: str) -> str:
        head = _HEAD.match(text)
        if head is None:
            return text
        if head[0] == self._own or (self._origin and _origin(head[0]) == self._origin):
            return self._to + _path(head[0]) + text[head.end() :]
        return text


def _expanded(head: str) -> str:
    """The address that is meant; empty where its variable is not set."""
    try:
        return config.expand(head)
    except ConfigError:
        return ""


def _origin(head: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None where it is no address."""
    try:
        parts = urlsplit(_expanded(head))
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else None


def _path(head: str) -> str:
    """What a variable holds beyond scheme, host and port."""
    return urlsplit(_expanded(head)).path.rstrip("/")
