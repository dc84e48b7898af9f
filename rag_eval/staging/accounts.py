"""Who may ask: accounts, their passwords, and the tokens given out for them.

Tokens are JSON Web Tokens (RFC 7519) by PyJWT, signed with HMAC-SHA-256 and nothing else; passwords are hashed by
Argon2id with pwdlib's parameters. Both libraries are what FastAPI's own guide recommends.
"""

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from rag_eval.staging.settings import Settings
from rag_eval.staging.store import ServiceStore, User

if TYPE_CHECKING:
    from pwdlib import PasswordHash

Use = Literal["access", "refresh"]
_ISSUER = "rag-eval-staging"
_ALGORITHM = "HS256"
_HASHERS = 2
"""Passwords hashed at a time: each takes 64 MiB and a core."""


@dataclass(frozen=True)
class Claims:
    """What a good token says."""

    user: str
    """Id of the account."""
    id: str
    """Of the token."""
    expires: float
    """Seconds since 1970."""


class Tokens:
    """Signs tokens and tells good ones from others."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else secrets.token_urlsafe(48)
        self._ttl_s: dict[Use, int] = {"access": settings.token_ttl_s, "refresh": settings.refresh_ttl_s}
        self._clock = clock

    def issue(self, user: str, use: Use) -> str:
        """Return a token for an account, good from now on for as long as the settings say."""
        import jwt

        now = self._clock()
        claims = {"iss": _ISSUER, "sub": user, "use": use, "jti": secrets.token_urlsafe(16), "iat": int(now)}
        return jwt.encode({**claims, "exp": now + self._ttl_s[use]}, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str, use: Use) -> Claims | None:
        """Return what a token says; None where it is forged, expired, or was given out for another use."""
        import jwt

        try:
            # The time is compared below, by the clock that was given.
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["exp", "sub", "jti", "use"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, UnicodeError, RecursionError):
            return None
        expires = claims["exp"]
        if claims["use"] != use or not isinstance(expires, int | float) or self._clock() >= expires:
            return None
        return Claims(str(claims["sub"]), str(claims["jti"]), float(expires))


class Accounts:
    """Registers and recognises users."""

    def __init__(self, store: ServiceStore) -> None:
        self._store = store
        self._hashing = asyncio.Semaphore(_HASHERS)

    async def register(self, name: str, password: str) -> User | None:
        """Make an account; None where the name is taken."""
        async with self._hashing:
            user = await asyncio.to_thread(_new, name, password)
        return user if await asyncio.to_thread(self._store.add_user, user) else None

    async def recognise(self, name: str, password: str) -> User | None:
        """Return the account with this name and password."""
        if not _is_text(name) or not _is_text(password):
            return None
        user = self._store.user_named(name)
        # A hash is always worked out: a quick answer would tell that there is no such name.
        known = user.hash if user else _nobody()
        async with self._hashing:
            is_right = await asyncio.to_thread(_passwords().verify, password, known)
        return user if is_right else None


def ensure(store: ServiceStore, name: str, password: str) -> None:
    """Have an account with this name and password."""
    user = store.user_named(name)
    if user is None or not _passwords().verify(password, user.hash):
        store.put_user(_new(name, password))


def _is_text(claims: str) -> bool:
    """Whether it can be written: a form may say that it is in an encoding that makes halves of surrogate pairs."""
    try:
        claims.encode()
    except UnicodeEncodeError:
        return False
    return True


def _new(name: str, password: str) -> User:
    return User(str(uuid.uuid4()), name, _passwords().hash(password))


@lru_cache(maxsize=1)
def _passwords() -> "PasswordHash":
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _passwords().hash(secrets.token_urlsafe(16))
