"""Who a user of the load test is: logged in once, and again when a token is refused or about to end."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rag_eval.errors import TargetError
from rag_eval.targets.http import credentials
from rag_eval.targets.http.credentials import Presented
from rag_eval.targets.http.selecting import path_of, search

_EARLY = 0.1
"""Share of its life before the end of which a token is renewed."""


class Door(NamedTuple):
    """How a login was answered."""

    kind: str
    """What went wrong, as a short code; empty where nothing did."""
    body: bytes
    keep: Callable[[str], None]
    """Is told, once, what came of it."""


Knock = Callable[[str, Mapping[str, str]], Door]
"""Sends a form to a URL."""


class Session:
    """What one user presents with each request."""

    def __init__(self, auth: Any, knock: Knock, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` for a variable that is not set."""
        self._held = credentials.fixed(auth)
        self._ways = credentials.ways(auth) if self._held is None else None
        self._knock, self._clock = knock, clock
        self._renew_at = float("inf")

    def present(self) -> Presented | None:
        """What to send; None where logging in did not succeed, which has been kept as a failed request."""
        if self._ways is not None and (self._held is None or self._clock() >= self._renew_at):
            self._held = self._fetched(self._ways)
        return self._held

    def refused(self) -> None:
        """The last request was answered with 401: log in again before the next."""
        if self._ways is not None:
            self._held = None

    def _fetched(self, ways: credentials.Ways) -> Presented | None:
        door = self._knock(ways.url, ways.form)
        token, life = (None, None) if door.kind else _in(door.body, ways)
        door.keep(door.kind or ("" if token else "no_token"))
        if token is None:
            return None
        self._renew_at = self._clock() + life * (1 - _EARLY) if life else float("inf")
        return Presented({"authorization": f"Bearer {token}"}, token=token, hidden=ways.secrets | {token})


def _in(body: bytes, ways: credentials.Ways) -> tuple[str | None, float | None]:
    """The token in a login's answer and the seconds that it is good for; None for what is not there."""
    try:
        said = json.loads(body)
        token = search(path_of(ways.token, "target.auth.token"), said, "target.auth.token")
        life = search(path_of(ways.expires_in, "target.auth.expires_in"), said, "target.auth.expires_in")
    except (ValueError, RecursionError, TargetError):
        return None, None
    good = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
    return (token if isinstance(token, str) and token else None), (float(life) if good else None)
