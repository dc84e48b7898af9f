"""Who may ask: one user's credentials and the tokens given out for them."""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from rag_eval.staging.settings import Settings

_MOST = 10_000
"""Tokens kept at a time; beyond it the oldest is forgotten, so that memory does not grow with logins."""


def may_log_in(settings: Settings, username: str, password: str) -> bool:
    """Compare credentials in a time that does not tell how much of them was right."""
    # Both are always compared: stopping at a wrong name would tell that it was the name.
    name_is_right = _same(username, settings.username)
    return _same(password, settings.password.get_secret_value()) and name_is_right


class Tokens:
    """The tokens that are good at the moment, in memory."""

    def __init__(self, ttl_s: float, clock: Callable[[], float], most: int = _MOST) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._most = most
        self._expiries: dict[bytes, float] = {}

    def issue(self) -> str:
        """Return a new random token, good for `ttl_s` seconds from now on."""
        token = secrets.token_urlsafe(32)
        self._forget_expired()
        while len(self._expiries) >= self._most:
            del self._expiries[next(iter(self._expiries))]
        self._expiries[_digest(token)] = self._clock() + self._ttl_s
        return token

    def is_good(self, token: str) -> bool:
        """Tell whether this token was issued here and has not expired."""
        expiry = self._expiries.get(_digest(token))
        return expiry is not None and self._clock() < expiry

    def _forget_expired(self) -> None:
        # All live equally long, so they stand in the order in which they expire.
        now = self._clock()
        while self._expiries and next(iter(self._expiries.values())) <= now:
            del self._expiries[next(iter(self._expiries))]


def _digest(token: str) -> bytes:
    """Hash a token: looking up a hash takes a time from which nothing about other tokens can be learnt."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(_digest(given), _digest(right))
