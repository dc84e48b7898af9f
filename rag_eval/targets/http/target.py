"""A live RAG service over HTTP: on a socket or, over an ASGI transport, in process. The one HTTP client."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from rag_eval import config, telemetry
from rag_eval._version import __version__
from rag_eval.errors import ReasonedError, TargetError
from rag_eval.identifiers import trace_id
from rag_eval.masking import SHORTEST_SECRET, mask
from rag_eval.records import Answer, Case, Reason, Reply
from rag_eval.resilience import Breaker, InFlight, Rate, RequestPolicy, RetryLater, retry
from rag_eval.targets.context import Sending
from rag_eval.targets.http import signs
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.conversations import Conversation, Conversations
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.extraction import ResponseExtractor
from rag_eval.targets.http.masking import SHORTEST_TOKEN
from rag_eval.targets.http.polling import Poller
from rag_eval.targets.http.request import RequestBuilder
from rag_eval.targets.http.response import ResponseReader, ServiceResponse, Unsent, parsed, text_of
from rag_eval.targets.http.session import AuthSession
from rag_eval.targets.http.status import NOT_TAKEN_ON, TRY_AGAIN, is_success
from rag_eval.targets.http.status_errors import status_error
from rag_eval.targets.http.tls import trusted
from rag_eval.targets.tracecontext import traceparent

_LONGEST_QUOTE = 160
_LONGEST_MESSAGE = 600
_UNKNOWN_HOSTS_RATE = "10/minute"
"""What a service that is not on this machine is asked at, where nobody said how much it bears."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass
class _Question:
    """A question on its way."""

    case: Case
    fields: dict[str, Any]
    conversation: Conversation | None
    sent: int = 0
    """Requests so far."""
    spent: float = 0.0
    """Seconds in requests, and between them; not those that breaker and rate made it wait."""
    last: str = ""
    """What went wrong the last time."""


class HttpTarget:
    """Asks one question a request; used as `async with`."""

    def __init__(
        self,
        config: HttpConfig,
        *,
        seed: int = 0,
        run_key: str | None = None,
        sending: Sending | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Compile all that can be wrong; raises `ConfigError`.

        `sending` is told of each question that must not be asked twice just before it goes out, and where the service
        surely has not taken it on.
        """
        config.demand_http()
        self._config = config
        self._sending = sending if not config.idempotent else None
        self._run_key = run_key
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._builder = RequestBuilder(config)
        self._extractor = ResponseExtractor(config.select)
        self._conversations = Conversations(config.conversation)
        self.policy = _policy(config)
        self._credentials = AuthSession(config.auth, config.timeout, self.policy.send)
        limits = httpx2.Limits(max_connections=config.concurrency, max_keepalive_connections=config.concurrency)
        # Redirects are not followed by the client: credentials would go along to a host that nobody named.
        self._client = httpx2.AsyncClient(
            timeout=config.timeout,
            limits=limits,
            transport=transport,
            verify=trusted(config.tls),
            follow_redirects=False,
            headers={"user-agent": f"rag-eval/{__version__}"},
            cookies=_no_cookies(),  # a session that questions share would make one depend on another
        )
        self._reader = ResponseReader(self._client, config)
        self._poller = Poller(config, config.poll, self._client) if config.poll else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        await self.policy.aclose()

    def restore(self, case: Case, reply: Reply) -> None:
        """Take up what was asked in an earlier session of the run: later turns of a conversation rest on it."""
        self._conversations.restore(case, reply)

    async def answer(self, case: Case) -> Answer:
        """Ask the service, again where that may help; raises `TargetError`, or `UnreachableError` to end the run."""
        fields = case.model_dump()
        conversation = self._conversations.of(fields)
        question = _Question(case, fields, conversation)
        async with self._conversations.turn(conversation):
            answer = await self._retried(question)
            if conversation is not None:
                conversation.said(case, answer)
            return answer

    async def _retried(self, question: _Question) -> Answer:
        async def once(_: int) -> Answer:
            try:
                return await self._ask(question)
            except RetryLater as error:
                question.last = str(error)
                raise

        try:
            return await retry(once, self._config.retries, self._rng, self._sleep_of(question))
        except ReasonedError as error:
            error.attempts = max(error.attempts, question.sent)
            place = "" if self._config.url in str(error) or not question.sent else f"{self._config.url}: "
            error.args = (self._hide(f"{place}{error}")[:_LONGEST_MESSAGE],)
            raise

    def _sleep_of(self, question: _Question) -> Callable[[float], Awaitable[None]]:
        async def sleep(seconds: float) -> None:
            question.spent += seconds
            self._demand_time(question)
            await asyncio.sleep(seconds)

        return sleep

    def _demand_time(self, question: _Question) -> None:
        if self._config.deadline is not None and question.spent > self._config.deadline:
            last = f"; last: {question.last}" if question.last else ""
            message = f"{self._config.url}: no answer within target.deadline, {self._config.deadline:g} s{last}"
            raise TargetError(message, reason=Reason.DEADLINE)

    async def _ask(self, question: _Question) -> Answer:
        presented = await self._credentials.present(self._client)
        received = await self._send(question, presented)
        if received.response.status_code == httpx2.codes.UNAUTHORIZED and self._credentials.renewable:
            presented = await self._credentials.present(self._client, instead_of=presented)
            received = await self._send(question, presented)
            self._check(received)
        received = await self._later(received, question, presented)
        body = self._body(received)
        answer = self._extractor.answer(body, received.timing, question.sent, self._hide_credentials, received.text)
        more = self._linked(question, body)
        return answer.model_copy(update={"metadata": {**answer.metadata, **more}}) if more else answer

    async def _later(self, received: ServiceResponse, question: _Question, presented: Credentials) -> ServiceResponse:
        """The answer where it comes later than the first one; raises `TargetError` where nobody said that it may."""
        if self._poller is not None:
            sleep = self._sleep_of(question)
            fields = {**question.fields, "session": None, "history": []}
            return await self._poller.result(received, fields, presented, self._look_of(question), sleep)
        place = received.response.headers.get("location")
        if received.response.status_code == httpx2.codes.ACCEPTED and place:
            message = f"{self._config.url} answered 202 Accepted and names {place}: the answer comes later"
            raise TargetError(f"{message}; target.poll waits for it", reason=Reason.NO_ANSWER)
        return received

    def _look_of(self, question: _Question) -> Callable[[httpx2.Request], Awaitable[ServiceResponse]]:
        """One look for an answer that comes later, which costs a question its time."""

        async def look(request: httpx2.Request) -> ServiceResponse:
            began = time.perf_counter()
            try:
                received = await self._reader.send(request)
            finally:
                question.spent += time.perf_counter() - began
            self._demand_time(question)
            self._check(received, TRY_AGAIN)
            return received

        return look

    def _body(self, received: ServiceResponse) -> Any:
        """What `select` looks into; an answer that is all text stands where the extractor finds it."""
        if self._config.receive == "text" and received.text is None:
            received.text = text_of(received, self._config.url)
            return {}
        return {} if received.text is not None and received.last is None else parsed(received, self._config.url)

    def _linked(self, question: _Question, body: Any) -> dict[str, Any]:
        """What else is kept with an answer: the trace that the service was asked in, and a conversation's session."""
        more: dict[str, Any] = {}
        if self._run_key is not None:
            more["trace_id"] = trace_id(self._run_key, question.case.id)
        if question.conversation is not None:
            session = self._extractor.fields(body).get("session")
            more |= {"session": session} if session is not None else {}
            more |= {"cookies": True} if question.conversation.cookies else {}
        return more

    async def _send(self, question: _Question, presented: Credentials) -> ServiceResponse:
        """One request in its turn; a status that says no is an error, but for a 401 that a new token may cure."""
        conversation = question.conversation
        fields = {**question.fields, **(conversation.fields() if conversation else {"session": None, "history": []})}
        request = self._builder.request(self._client, fields, presented)
        if conversation is not None:
            conversation.cookies.set_cookie_header(request)

        received = await self.policy.send(lambda: self._seen(request, question))
        self._demand_time(question)
        if conversation is not None:
            conversation.cookies.extract_cookies(received.response)
        return received

    async def _seen(self, request: httpx2.Request, question: _Question) -> ServiceResponse:
        """One request on the wire, under the eyes of spans and metrics."""
        question.sent += 1
        began = time.perf_counter()
        outcome, reason = "failed", str(Reason.CANCELLED)
        with telemetry.span("target call", outgoing=True), telemetry.metrics.under_way("target_calls"):
            if self._run_key is not None:
                request.headers["traceparent"] = telemetry.traceparent() or traceparent(self._run_key, question.case.id)
            try:
                received = await self._received(request, question.case.id)
            except ReasonedError as error:
                reason = error.reason
                raise
            else:
                outcome, reason = "answered", ""
                return received
            finally:
                took = time.perf_counter() - began
                question.spent += took
                telemetry.metrics.target_call(outcome, took, reason)

    async def _received(self, request: httpx2.Request, case: str) -> ServiceResponse:
        tell = self._sending
        if tell is not None:
            tell(case, sent=True)
        try:
            received = await self._reader.send(request, streams=self._poller is None)
        except RetryLater as error:
            if tell is not None and isinstance(error, Unsent):
                tell(case, sent=False)
            raise self._only_once(error) from error
        if tell is not None and received.response.status_code in NOT_TAKEN_ON and not received.moved:
            tell(case, sent=False)
        if received.response.status_code != httpx2.codes.UNAUTHORIZED or not self._credentials.renewable:
            self._check(received)
        return received

    def _only_once(self, error: RetryLater) -> ReasonedError:
        """The error itself, or one that is not tried again where the service may have taken the question on."""
        if self._config.idempotent or isinstance(error, Unsent):
            return error
        return TargetError(f"{error}; it may have been taken on, and target.idempotent is false", reason=error.reason)

    def _check(self, received: ServiceResponse, again: frozenset[int] | None = None) -> None:
        """Raise for a status that says no; those of `again` may be asked again, where it is None as is set."""
        response = received.response
        if is_success(response.status_code):
            return
        answer = f"{response.status_code} {response.reason_phrase}: {self._quote(received)}"
        once = frozenset() if received.moved else NOT_TAKEN_ON
        usual = TRY_AGAIN if self._config.idempotent else once
        usual = usual if again is None else again
        raise status_error(response, usual, f"{self._config.url} answered {answer}", received.shown)

    def _quote(self, received: ServiceResponse) -> str:
        """What the service said, on one line, without what must not be repeated."""
        return " ".join(self._hide(signs.words(received.body) or received.shown).split())[:_LONGEST_QUOTE]

    def _hide(self, text: str) -> str:
        """A message without what must not be repeated."""
        given = self._builder.in_headers.taken
        parts = {part for value in given for part in value.split()}
        hidden = {*given, *parts, *self._builder.elsewhere.taken, *self._credentials.secrets}
        return mask(text, hidden, SHORTEST_SECRET)

    def _hide_credentials(self, text: str) -> str:
        """A text of an answer, which goes to the judge and into reports, without the credentials it was asked with."""
        return mask(text, self._credentials.secrets | self._builder.secrets, SHORTEST_TOKEN)


def _no_cookies() -> CookieJar:
    """A jar that takes none."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _policy(target: HttpConfig) -> RequestPolicy:
    """How the service is treated."""
    host = urlsplit(config.expand(target.url, where="target.url")).hostname or ""
    rate = target.rate or ("unlimited" if host in _LOOPBACK else _UNKNOWN_HOSTS_RATE)
    storage = config.expand(target.rate_storage, where="target.rate_storage")
    limited = None if rate == "unlimited" else Rate(rate, storage=storage, name=host)
    breaker = _breaker(target.breaker, host)
    return RequestPolicy(InFlight(target.concurrency), limited, breaker, telemetry.metrics.waited)


def _breaker(settings: config.BreakerConfig | None, host: str) -> Breaker | None:
    if settings is None:
        return None
    name = f"the service at {host}"
    return Breaker(
        failures=settings.failures,
        recovery=settings.recovery,
        patience=settings.patience,
        name=name,
        settings="target.url, target.breaker.patience",
        watch=telemetry.metrics.breaker,
    )
