"""Who a user of the load test is: logged in once, and again when a token is refused or about to end."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from rag_eval import config
from rag_eval.targets.http import credentials
from rag_eval.targets.http.credentials import Presented
from rag_eval.targets.http.selecting import path_of, search

Post = Callable[[str, Mapping[str, str]], tuple[int, bytes]]
"""Sends a form; gives the status, 0 where none came, and the body."""

_OK = range(200, 300)
_EARLY = 0.1
"""Share of its life before the end of which a token is renewed."""


class Session:
    """What one user presents with each request."""

    def __init__(self, auth: Any, post: Post, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` for a variable that is not set."""
        self._held = credentials.fixed(auth)
        self._ways = credentials.ways(auth) if self._held is None else None
        self._post, self._clock = post, clock
        self._renew_at = float("inf")

    def present(self) -> Presented | None:
        """What to send; None where logging in did not succeed, which the poster has noted."""
        if self._ways is not None and (self._held is None or self._clock() >= self._renew_at):
            self._held = self._fetched(self._ways)
        return self._held

    def refused(self) -> None:
        """The last request was answered with 401: log in again before the next."""
        if self._ways is not None:
            self._held = None

    def _fetched(self, ways: credentials.Ways) -> Presented | None:
        status, body = self._post(ways.url, ways.form)
        if status not in _OK:
            return None
        try:
            said = json.loads(body)
        except ValueError:
            return None
        token = search(path_of(ways.token, "target.auth.token"), said, "target.auth.token")
        life = search(path_of(ways.expires_in, "target.auth.expires_in"), said, "target.auth.expires_in")
        if not isinstance(token, str) or not token:
            return None
        if isinstance(life, int | float) and life > 0:
            self._renew_at = self._clock() + life * (1 - _EARLY)
        return Presented({"authorization": f"Bearer {token}"}, token=token)


def needs_login(auth: Any) -> bool:
    """Whether users log in at all."""
    return isinstance(auth, config.Login | config.OAuth2)
