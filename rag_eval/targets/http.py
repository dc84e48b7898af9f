"""A live RAG service over HTTP: on a socket or, over an ASGI transport, in process. The one HTTP client."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2
import jinja2
import jinja2.sandbox
import jmespath

from rag_eval import __version__, config
from rag_eval.errors import ConfigError, TargetError
from rag_eval.records import Answer, Case
from rag_eval.resilience import RetryLater, patiently, retry_after

TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Statuses by which a service says that the same question may be asked again."""

_LONGEST_QUOTE = 160
_SHORTEST_SECRET = 6
"""Shorter ones cannot be masked without making a message unreadable."""


@dataclass(frozen=True)
class Timing:
    """When a request was sent, in seconds since 1970, and how many seconds its answer took."""

    asked_at: float
    seconds: float


class HttpTarget:
    """Asks one question a request; used as `async with`."""

    def __init__(self, said: config.Http, *, seed: int = 0, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._said = said
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._url = config.expand(said.url, where="target.url")
        self._headers = {
            name: config.expand(value, where=f"target.headers.{name}") for name, value in said.headers.items()
        }
        self._body = _compile(said.body, "target.body")
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
        body = _render(self._body, case.model_dump())

        async def once(attempt: int) -> Answer:
            return await self._ask(body, attempt)

        return await patiently(once, self._said.retries, self._rng)

    async def _ask(self, body: Any, attempt: int) -> Answer:
        token = await self._login.token(self._client)
        response, timing = await self._send(body, token)
        if response.status_code == httpx2.codes.UNAUTHORIZED and self._login.renewable:
            token = await self._login.token(self._client, instead_of=token)
            response, timing = await self._send(body, token)
        self._check(response)
        return self._select.answer(_json(response), timing, attempt)

    async def _send(self, body: Any, token: str | None) -> tuple[httpx2.Response, Timing]:
        headers = {**self._headers, **({"authorization": f"Bearer {token}"} if token else {})}
        asked_at, started = time.time(), time.perf_counter()
        content = {"params": body} if self._said.method == "GET" else {"json": body}
        response = await _request(self._client, self._said.method, self._url, headers=headers, **content)
        return response, Timing(asked_at, time.perf_counter() - started)

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
        text = " ".join(response.text.split())[:_LONGEST_QUOTE]
        parts = [part for value in self._headers.values() for part in value.split()]
        for hidden in (*self._login.secrets, *parts):
            text = text.replace(hidden, "***") if len(hidden) >= _SHORTEST_SECRET else text
        return text


class _Credentials:
    """A bearer token: none, from the environment, or by a login that is shared by all who wait for it."""

    def __init__(self, auth: config.NoAuth | config.Bearer | config.Login) -> None:
        self._auth = auth
        self._url = config.expand(auth.url, where="target.auth.url") if isinstance(auth, config.Login) else ""
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._form: dict[str, str] = {}
        match auth:
            case config.Bearer():
                self._token = config.secret(auth.token_env, where="target.auth.token_env")
            case config.Login():
                self._form = {
                    "username": config.secret(auth.username_env, where="target.auth.username_env"),
                    "password": config.secret(auth.password_env, where="target.auth.password_env"),
                }

    @property
    def renewable(self) -> bool:
        return isinstance(self._auth, config.Login)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated in a message."""
        return tuple(hidden for hidden in (self._token, self._form.get("password")) if hidden)

    async def token(self, client: httpx2.AsyncClient, instead_of: str | None = None) -> str | None:
        """The token to send; a login for a new one if there is none yet, or only the one that was refused."""
        if isinstance(self._auth, config.Login):
            async with self._lock:
                if self._token is None or self._token == instead_of:
                    self._token = await self._log_in(client, self._auth)
        return self._token

    async def _log_in(self, client: httpx2.AsyncClient, auth: config.Login) -> str:
        response = await _request(client, "POST", self._url, data=self._form)
        if response.status_code in TRY_AGAIN:
            after = retry_after(response.headers.get("retry-after"))
            raise RetryLater(f"login at {auth.url}: {response.status_code}", reason="http_status", after=after)
        if not response.is_success:
            raise TargetError(f"login at {auth.url} was refused: {response.status_code}", reason="unauthorized")
        token = jmespath.search(auth.token, _json(response))
        if not isinstance(token, str) or not token:
            raise TargetError(f"login at {auth.url}: no text at {auth.token!r} in its answer", reason="unauthorized")
        return token


class _Selection:
    """Where a body holds what."""

    def __init__(self, said: config.Select) -> None:
        self._paths: dict[str, Any] = {}
        for name, expression in said.model_dump(exclude_none=True).items():
            try:
                self._paths[name] = jmespath.compile(expression)
            except jmespath.exceptions.JMESPathError as error:
                raise ConfigError(f"target.select.{name}: {expression!r} is not a JMESPath: {error}") from error

    def answer(self, body: Any, timing: Timing, attempts: int) -> Answer:
        """Pick an answer out of a body; raises `TargetError` if it is not where it was said to be."""
        found = {name: path.search(body) for name, path in self._paths.items()}
        return Answer(
            response=self._text(found["response"], body),
            retrieved_contexts=self._list("retrieved_contexts", found),
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
            return tuple(str(one) for one in value)
        path = self._paths[name].expression
        kind = "nothing" if value is None else f"a list of {type(value[0]).__name__}" if value else type(value).__name__
        raise TargetError(
            f"target.select.{name}: expected a list of texts at {path!r}, found {kind}", reason="bad_contexts"
        )


async def _request(client: httpx2.AsyncClient, method: str, url: str, **content: Any) -> httpx2.Response:
    """One request, with the client's exceptions turned into ours."""
    try:
        return await client.request(method, url, **content)
    except httpx2.TimeoutException as error:
        raise RetryLater(f"{url}: no answer in time ({type(error).__name__})", reason="timeout") from error
    except httpx2.TransportError as error:
        raise RetryLater(f"{url}: {type(error).__name__}: {error}", reason="connection") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise TargetError(f"{url}: {type(error).__name__}: {error}", reason="connection") from error


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        raise TargetError(f"{response.url}: expected JSON, found {kind}", reason="not_json") from error


_TEMPLATES = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)


def _compile(body: Any, where: str) -> Any:
    """The body with each text as a template."""
    match body:
        case dict():
            return {key: _compile(value, f"{where}.{key}") for key, value in body.items()}
        case list():
            return [_compile(value, where) for value in body]
        case str():
            try:
                return _TEMPLATES.from_string(config.expand(body, where=where))
            except jinja2.TemplateError as error:
                raise ConfigError(f"{where}: is not a template: {error}") from error
        case _:
            return body


def _render(body: Any, values: Mapping[str, Any]) -> Any:
    match body:
        case dict():
            return {key: _render(value, values) for key, value in body.items()}
        case list():
            return [_render(value, values) for value in body]
        case jinja2.Template():
            try:
                return body.render(values)
            except jinja2.TemplateError as error:
                raise TargetError(f"target.body: {error}", reason="bad_template") from error
        case _:
            return body
