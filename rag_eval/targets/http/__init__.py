"""A live RAG service over HTTP: on a socket or, over an ASGI transport, in process. The one HTTP client."""

import asyncio
import json
import os
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, quote_plus

import httpx2
import jmespath

from rag_eval import __version__, config
from rag_eval.errors import ConfigError, ReasonedError, TargetError
from rag_eval.records import Answer, Case
from rag_eval.resilience import RetryLater, patiently, retry_after
from rag_eval.targets.templates import compile_body, render

TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Statuses by which a service says that the same question may be asked again."""

_LONGEST_QUOTE = 160
_SHORTEST_SECRET = 6
"""Shorter ones cannot be masked without making a message unreadable."""
_SHORTEST_TOKEN = 16
"""Shorter ones may be words, and an answer is not altered for a word."""


@dataclass(frozen=True)
class Timing:
    """When a request was sent, in seconds since 1970, and how many seconds its answer took."""

    asked_at: float
    seconds: float


@dataclass
class _Question:
    """A question on its way."""

    body: Any
    sent: int = 0
    """Requests so far."""


class HttpTarget:
    """Asks one question a request; used as `async with`."""

    def __init__(self, said: config.Http, *, seed: int = 0, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._said = said
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        elsewhere, self._in_headers = _Environment(), _Environment()
        self._url = config.expand(said.url, elsewhere, where="target.url")
        self._headers = {
            name: _header(config.expand(value, self._in_headers, where=f"target.headers.{name}"), name)
            for name, value in said.headers.items()
        }
        self._body = compile_body(said.body, "target.body", elsewhere)
        parts = {part for value in self._headers.values() for part in value.split()}
        self._told = parts | elsewhere.taken
        self._select = _Selection(said.select)
        self._login = _Credentials(said.auth)
        limits = httpx2.Limits(max_connections=said.concurrency, max_keepalive_connections=said.concurrency)
        # Redirects are not followed: credentials would go along to a host that nobody named.
        self._client = httpx2.AsyncClient(
            timeout=said.timeout,
            limits=limits,
            transport=transport,
            follow_redirects=False,
            headers={"user-agent": f"rag-eval/{__version__}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def answer(self, case: Case) -> Answer:
        """Ask the service, again where that may help; raises `TargetError`."""
        question = _Question(render(self._body, case.model_dump()))

        async def once(_: int) -> Answer:
            return await self._ask(question)

        try:
            return await patiently(once, self._said.retries, self._rng)
        except ReasonedError as error:
            error.attempts = max(error.attempts, question.sent)
            error.args = (self._hide(str(error)),)
            raise

    async def _ask(self, question: _Question) -> Answer:
        token = await self._login.token(self._client)
        response, timing = await self._send(question, token)
        if response.status_code == httpx2.codes.UNAUTHORIZED and self._login.renewable:
            token = await self._login.token(self._client, instead_of=token)
            response, timing = await self._send(question, token)
        self._check(response)
        body = _json(response, self._said.url)
        return self._select.answer(body, timing, question.sent, self._hide_credentials)

    async def _send(self, question: _Question, token: str | None) -> tuple[httpx2.Response, Timing]:
        headers = {**self._headers, **({"authorization": f"Bearer {token}"} if token else {})}
        question.sent += 1
        asked_at, started = time.time(), time.perf_counter()
        response = await _request(self._call(question.body, headers), self._said.url)
        return response, Timing(asked_at, time.perf_counter() - started)

    async def _call(self, body: Any, headers: Mapping[str, str]) -> httpx2.Response:
        if self._said.method == "GET":
            # Merged here: given as `params`, they would replace those that stand in the URL.
            return await self._client.get(httpx2.URL(self._url).copy_merge_params(body or {}), headers=headers)
        return await self._client.request(self._said.method, self._url, headers=headers, json=body)

    def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        message = f"{self._said.url} answered {status} {response.reason_phrase}: {self._quote(response)}"
        if status in TRY_AGAIN:
            reason = "rate_limited" if status == httpx2.codes.TOO_MANY_REQUESTS else "http_status"
            raise RetryLater(message, reason=reason, after=retry_after(response.headers.get("retry-after")))
        unauthorized = status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN)
        raise TargetError(message, reason="unauthorized" if unauthorized else "http_status")

    def _quote(self, response: httpx2.Response) -> str:
        """What the service said, on one line, without what must not be repeated."""
        return " ".join(self._hide(response.text).split())[:_LONGEST_QUOTE]

    def _hide(self, text: str) -> str:
        """A message without what must not be repeated."""
        return _mask(text, self._told | self._login.secrets | self._in_headers.taken, _SHORTEST_SECRET)

    def _hide_credentials(self, text: str) -> str:
        """A text of an answer, which goes to the judge and into reports, without the credentials it was asked with."""
        return _mask(text, self._login.secrets | self._in_headers.taken, _SHORTEST_TOKEN)


class _Credentials:
    """A bearer token: none, from the environment, or by a login that is shared by all who wait for it."""

    def __init__(self, auth: config.NoAuth | config.Bearer | config.Login) -> None:
        self._auth = auth
        self._url = config.expand(auth.url, where="target.auth.url") if isinstance(auth, config.Login) else ""
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._form: dict[str, str] = {}
        self._tokens: set[str] = set()
        self._refused: str | None = None
        match auth:
            case config.Bearer():
                token = config.secret(auth.token_env, where="target.auth.token_env")
                self._token = _header(token, f"the token in {auth.token_env}")
                self._tokens.add(token)
            case config.Login():
                self._path = _path(auth.token, "target.auth.token")
                self._form = {
                    "username": config.secret(auth.username_env, where="target.auth.username_env"),
                    "password": config.secret(auth.password_env, where="target.auth.password_env"),
                }

    @property
    def renewable(self) -> bool:
        return isinstance(self._auth, config.Login)

    @property
    def secrets(self) -> set[str]:
        """What must not be repeated: the password, and every token there was."""
        return {*self._tokens, *([self._form["password"]] if self._form else [])}

    async def token(self, client: httpx2.AsyncClient, instead_of: str | None = None) -> str | None:
        """The token to send; a login for a new one if there is none yet, or only the one that was refused."""
        if isinstance(self._auth, config.Login):
            async with self._lock:
                if self._refused:  # to try again for each question might lock the account
                    raise TargetError(self._refused, reason="unauthorized")
                if self._token is None or self._token == instead_of:
                    self._token = await self._log_in(client, self._auth)
        return self._token

    async def _log_in(self, client: httpx2.AsyncClient, auth: config.Login) -> str:
        response = await _request(client.post(self._url, data=self._form), f"login at {auth.url}")
        if response.status_code in TRY_AGAIN:
            after = retry_after(response.headers.get("retry-after"))
            raise RetryLater(f"login at {auth.url}: {response.status_code}", reason="http_status", after=after)
        if not response.is_success:
            self._refused = f"login at {auth.url} was refused: {response.status_code}"
            raise TargetError(self._refused, reason="unauthorized")
        token = _search(self._path, _json(response, f"login at {auth.url}"), "target.auth.token")
        if not isinstance(token, str) or not _fits_header(token):
            message = f"login at {auth.url}: no token at {auth.token!r} in its answer"
            raise TargetError(message, reason="unauthorized")
        self._tokens.add(token)
        return token


class _Selection:
    """Where a body holds what."""

    def __init__(self, said: config.Select) -> None:
        self._paths = {
            name: _path(expression, f"target.select.{name}")
            for name, expression in said.model_dump(exclude_none=True).items()
        }

    def answer(self, body: Any, timing: Timing, attempts: int, hide: Callable[[str], str]) -> Answer:
        """Pick an answer out of a body; raises `TargetError` if it is not where it was said to be."""
        found = {name: _search(path, body, f"target.select.{name}") for name, path in self._paths.items()}
        response, contexts = self._text(found["response"], body), self._list("retrieved_contexts", found)
        return Answer(
            response=hide(_readable(response)),
            retrieved_contexts=None if contexts is None else tuple(hide(one) for one in contexts),
            retrieved_context_ids=self._list("retrieved_context_ids", found),
            latency_s=timing.seconds,
            attempts=attempts,
            asked_at=timing.asked_at,
        )

    def _text(self, value: Any, body: Any) -> str:
        if isinstance(value, str) and value.strip():
            return value
        keys = f"its keys are {sorted(body)}" if isinstance(body, dict) else f"it is a {type(body).__name__}"
        path = self._paths["response"].expression
        raise TargetError(f"target.select.response: no text at {path!r} in the answer; {keys}", reason="no_answer")

    def _list(self, name: str, found: Mapping[str, Any]) -> tuple[str, ...] | None:
        if name not in found:
            return None
        value = found[name]
        if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
            return tuple(_readable(str(one)) for one in value)
        path = self._paths[name].expression
        kind = "nothing" if value is None else type(value).__name__
        if isinstance(value, list):
            kind = f"a list with {next(type(one).__name__ for one in value if not isinstance(one, str | int))}"
        raise TargetError(
            f"target.select.{name}: expected a list of texts at {path!r}, found {kind}", reason="bad_contexts"
        )


async def _request(request: Awaitable[httpx2.Response], what: str) -> httpx2.Response:
    """One request, with the client's exceptions turned into ours; `what` names it, without its secrets."""
    try:
        return await request
    except httpx2.TimeoutException as error:
        raise RetryLater(f"{what}: no answer in time ({type(error).__name__})", reason="timeout") from error
    except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:  # ours, and no better the next time
        raise TargetError(f"{what}: {type(error).__name__}: {error}", reason="connection") from error
    except httpx2.TransportError as error:
        raise RetryLater(f"{what}: {type(error).__name__}: {error}", reason="connection") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise TargetError(f"{what}: {type(error).__name__}: {error}", reason="connection") from error


def _json(response: httpx2.Response, what: str) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        raise TargetError(f"{what}: expected JSON, found {kind}", reason="not_json") from error


def _path(expression: str, where: str) -> Any:
    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ConfigError(f"{where}: {expression!r} is not a JMESPath: {error}") from error


def _search(path: Any, body: Any, where: str) -> Any:
    try:
        return path.search(body)
    except jmespath.exceptions.JMESPathError as error:  # a function of it does not take what stands there
        raise TargetError(
            f"{where}: {path.expression!r} does not fit the answer: {error}", reason="no_answer"
        ) from error


def _readable(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON can hold and no file can, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Environment(Mapping[str, str]):
    """The environment, which remembers what was taken out of it: that may be secret."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = os.environ[name]
        self.taken.add(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def _mask(text: str, hidden: Collection[str], shortest: int) -> str:
    """The text without any of the hidden ones, however a service may have written them back."""
    for one in sorted(hidden, key=len, reverse=True):
        if len(one) >= shortest:
            for written in (one, json.dumps(one)[1:-1], quote(one, safe=""), quote_plus(one)):
                text = text.replace(written, "***")
    return text


def _fits_header(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()


def _header(value: str, name: str) -> str:
    """A header's value; the client would repeat one that it refuses, secret as it may be."""
    if value and not _fits_header(value):
        raise ConfigError(f"target: {name}: holds a character that cannot be sent in a header, such as a line break")
    return value
