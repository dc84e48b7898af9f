"""Who asks: nobody, a token or key from the environment, or a token that is fetched, shared by all, and renewed."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

import httpx2

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.resilience import RetryLater, retry_after
from rag_eval.targets.http.masking import fits_header, header
from rag_eval.targets.http.receiving import in_time
from rag_eval.targets.http.selecting import path_of, search

TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Statuses by which a service says that the same may be asked again."""

_FOR_GOOD = frozenset({400, 401, 403, 422})
"""Statuses of a login that another try would not change."""
_PASSING = frozenset({408, 425})
_SERVER_ERROR = 500
_EARLY = 30.0
"""Seconds before its end at which a token is renewed, or a tenth of its life where that is less."""


@dataclass(frozen=True)
class Presented:
    """What goes along with a request."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    """The token in them, to tell it from a newer one."""
    hidden: frozenset[str] = frozenset()
    """What of it must not be repeated."""


def fixed(auth: Any) -> Presented | None:
    """What is known from the beginning; None for a token that has to be fetched. Raises `ConfigError`."""
    where = "target.auth"
    match auth:
        case config.NoAuthConfig():
            return Presented()
        case config.BearerConfig():
            token = header(config.secret(auth.token_env, where=f"{where}.token_env"), f"the token in {auth.token_env}")
            return Presented({"authorization": f"Bearer {token}"}, token=token, hidden=frozenset({token}))
        case config.ApiKeyConfig():
            key = header(config.secret(auth.key_env, where=f"{where}.key_env"), f"the key in {auth.key_env}")
            headers = {} if auth.query else {auth.header: key}
            return Presented(headers, {auth.query: key} if auth.query else {}, key, frozenset({key}))
        case config.BasicConfig():
            user = config.secret(auth.username_env, where=f"{where}.username_env")
            password = config.secret(auth.password_env, where=f"{where}.password_env")
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            return Presented({"authorization": f"Basic {pair}"}, token=password, hidden=frozenset({password, pair}))
        case _:
            return None


@dataclass(frozen=True)
class Ways:
    """How a token is fetched, and how it is fetched anew."""

    url: str
    form: Mapping[str, str]
    what: str
    """Names the request, without its secrets."""
    token: str
    """JMESPaths into what comes back."""
    expires_in: str
    refresh_token: str | None = None
    refresh_url: str | None = None

    @property
    def secrets(self) -> frozenset[str]:
        """What of the form must not be repeated."""
        return frozenset(value for name, value in self.form.items() if name in _SECRET)


def ways(auth: config.LoginConfig | config.OAuth2Config) -> Ways:
    """How the token of an experiment is fetched; raises `ConfigError` for a variable that is not set."""
    match auth:
        case config.LoginConfig():
            form = {
                "username": config.secret(auth.username_env, where="target.auth.username_env"),
                "password": config.secret(auth.password_env, where="target.auth.password_env"),
            }
            url = config.expand(auth.url, where="target.auth.url")
            again = config.expand(auth.refresh_url, where="target.auth.refresh_url") if auth.refresh_url else None
            said = f"login at {auth.url}"
            return Ways(url, form, said, auth.token, auth.expires_in, auth.refresh_token if again else None, again)
        case config.OAuth2Config():
            form = {
                "grant_type": "client_credentials",
                "client_id": config.secret(auth.client_id_env, where="target.auth.client_id_env"),
                "client_secret": config.secret(auth.client_secret_env, where="target.auth.client_secret_env"),
                **{name: value for name in ("scope", "audience") if (value := getattr(auth, name))},
            }
            url = config.expand(auth.token_url, where="target.auth.token_url")
            return Ways(url, form, f"token from {auth.token_url}", "access_token", "expires_in")
        case _:
            assert_never(auth)


Via = Callable[[Callable[[], Awaitable[Presented]]], Awaitable[Presented]]


class Credentials:
    """What is presented with each request of one target."""

    def __init__(self, auth: Any, timeout: float, via: Via, clock: Callable[[], float] = time.monotonic) -> None:
        """`via` sends what has to be fetched: with the manners of every other request."""
        self._fixed = fixed(auth)
        self._ways = ways(auth) if self._fixed is None else None
        self._timeout, self._via, self._clock = timeout, via, clock
        if self._ways is not None:
            self._token_path = path_of(self._ways.token, "target.auth.token")
            self._expiry_path = path_of(self._ways.expires_in, "target.auth.expires_in")
            refresh = self._ways.refresh_token
            self._refresh_path = path_of(refresh, "target.auth.refresh_token") if refresh else None
        self._lock = asyncio.Lock()
        self._held: Presented | None = None
        self._renew_at = float("inf")
        self._refresh: str | None = None
        self._refused: str | None = None
        self._seen: set[str] = set()

    @property
    def renewable(self) -> bool:
        """Whether another token can be had where one is refused."""
        return self._ways is not None

    @property
    def secrets(self) -> set[str]:
        """What must not be repeated: passwords, keys, and every token there was."""
        given = self._fixed.hidden if self._fixed else frozenset()
        form = self._ways.secrets if self._ways else frozenset()
        return {one for one in {*given, *form, *self._seen} if one}

    async def present(self, client: httpx2.AsyncClient, instead_of: Presented | None = None) -> Presented:
        """What to send; a fresh token if there is none, if it is about to end, or only the one that was refused."""
        if self._fixed is not None:
            return self._fixed
        async with self._lock:
            if self._refused is not None:  # to try again for each question might lock the account
                raise TargetError(self._refused, reason="unauthorized")
            old = self._held is None or self._clock() >= self._renew_at
            if old or (instead_of is not None and instead_of.token == (self._held and self._held.token)):
                self._held = await self._via(lambda: self._fetch(client))
            assert self._held is not None
            return self._held

    async def _fetch(self, client: httpx2.AsyncClient) -> Presented:
        ways = self._ways
        assert ways is not None
        if self._refresh and ways.refresh_url:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh}
            self._refresh = None
            response = await self._post(client, ways.refresh_url, form)
            if response.is_success:
                return self._taken(response)
        response = await self._post(client, ways.url, ways.form)
        status = response.status_code
        if status in TRY_AGAIN or status in _PASSING or status >= _SERVER_ERROR:
            after = retry_after(response.headers.get("retry-after"))
            raise RetryLater(f"{ways.what}: {status}", reason="http_status", after=after, status=status)
        if not response.is_success:
            refused = f"{ways.what} was refused: {status}"
            self._refused = refused if status in _FOR_GOOD else None
            raise TargetError(refused, reason="unauthorized", status=status)
        return self._taken(response)

    async def _post(self, client: httpx2.AsyncClient, url: str, form: Mapping[str, str]) -> httpx2.Response:
        assert self._ways is not None
        async with in_time(self._timeout, self._ways.what):
            return await client.post(url, data=dict(form))

    def _taken(self, response: httpx2.Response) -> Presented:
        ways = self._ways
        assert ways is not None
        try:
            body = response.json()
        except (ValueError, RecursionError) as error:
            raise TargetError(f"{ways.what}: expected JSON in its answer", reason="not_json") from error
        token = search(self._token_path, body, "target.auth.token")
        if not isinstance(token, str) or not fits_header(token):
            raise TargetError(f"{ways.what}: no token at {ways.token!r} in its answer", reason="unauthorized")
        self._seen.add(token)
        self._refresh = self._refresh_in(body)
        life = search(self._expiry_path, body, "target.auth.expires_in")
        good = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
        self._renew_at = self._clock() + life - min(_EARLY, life / 10) if good else float("inf")
        return Presented({"authorization": f"Bearer {token}"}, token=token)

    def _refresh_in(self, body: Any) -> str | None:
        found = search(self._refresh_path, body, "target.auth.refresh_token") if self._refresh_path else None
        if isinstance(found, str) and found:
            self._seen.add(found)
            return found
        return None


_SECRET = frozenset({"password", "client_secret"})
"""Fields of the forms that must not be repeated."""
