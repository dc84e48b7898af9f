"""Answers that come later: a service starts on a question, says where, and is looked at until it is done."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx2

from rag_eval.errors import TargetError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, retry_after
from rag_eval.targets.http import signs
from rag_eval.targets.http.config import HttpConfig, PollConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.extraction import Timing
from rag_eval.targets.http.paths import path_of, search
from rag_eval.targets.http.response import ServiceResponse, parsed
from rag_eval.targets.templates import TextTemplate, compile_text

_HEADERS = ("location", "operation-location", "content-location")
_KEYS = ("status_url", "statusUrl", "status_uri", "statusQueryGetUri", "poll_url", "result_url", "resultUrl")
"""Where a first answer names the place of the next."""

Look = Callable[[httpx2.Request], Awaitable[ServiceResponse]]
Sleep = Callable[[float], Awaitable[None]]


class Poller:
    """Looks for the answers of one service."""

    def __init__(self, config: HttpConfig, poll: PollConfig, client: httpx2.AsyncClient) -> None:
        """Compile all that can be wrong; raises `ConfigError`."""
        self._config, self._poll, self._client = config, poll, client
        self._url = _template(poll.url, "target.poll.url", "started")
        self._result = _template(poll.result, "target.poll.result", "started", "status")
        self._done = path_of(poll.done, "target.poll.done") if poll.done else None

    async def result(
        self,
        started: ServiceResponse,
        fields: Mapping[str, Any],
        presented: Credentials,
        look: Look,
        sleep: Sleep,
    ) -> ServiceResponse:
        """The answer that a first one announces; raises `TargetError` where none comes in time."""
        began = time.perf_counter() - started.timing.seconds
        first = self._first(started)
        known = {**fields, "started": first}
        url = self._place(started, first, known)
        if url is None:
            return started
        received = await self._looked(started, url, presented, look, sleep)
        if self._result is not None:
            place = self._result.render({**known, "status": self._body(received)})
            received = await look(self._request(started.response.request, place, presented))
        seconds = time.perf_counter() - began
        piece = received.timing.first
        first_s = None if piece is None else seconds - received.timing.seconds + piece
        return replace(received, timing=Timing(started.timing.asked_at, seconds, first_s))

    def _first(self, started: ServiceResponse) -> Any:
        """The first answer; nothing in it need be JSON where a header names the place."""
        try:
            return parsed(started, self._config.url)
        except TargetError:
            if self._url is None and any(name in started.response.headers for name in _HEADERS):
                return None
            raise

    def _place(self, started: ServiceResponse, first: Any, known: Mapping[str, Any]) -> str | None:
        """Where the answer is looked for; None where the first one is it already."""
        if self._url is not None:
            return self._url.render(known)
        headers = (started.response.headers.get(name) for name in _HEADERS)
        keys = (first.get(key) for key in _KEYS) if isinstance(first, dict) else ()
        place = next((text for text in (*headers, *keys) if isinstance(text, str) and text), None)
        if place is None and self._is_pending(started):
            message = f"{self._config.url}: the answer comes later, and the service does not say where"
            raise TargetError(f"{message}; target.poll.url says it", reason=Reason.NO_ANSWER)
        return place

    async def _looked(
        self, started: ServiceResponse, place: str, presented: Credentials, look: Look, sleep: Sleep
    ) -> ServiceResponse:
        ends = time.perf_counter() + self._poll.within
        last, received = "", started
        while True:
            wait = max(self._poll.every, retry_after(received.response.headers.get("retry-after")) or 0.0)
            if time.perf_counter() + wait > ends:
                message = f"{self._config.url}: not done within target.poll.within, {self._poll.within:g} s"
                raise TargetError(f"{message}{last and f'; last: {last}'}", reason=Reason.TIMEOUT)
            await sleep(wait)
            try:
                received = await look(self._request(started.response.request, place, presented))
            except RetryLater as error:  # the work goes on all the same
                last = str(error)
                continue
            if not self._is_pending(received):
                return received
            last = " ".join(received.shown.split())[:200]

    def _request(self, first: httpx2.Request, place: str, presented: Credentials) -> httpx2.Request:
        """A look, with the credentials of the first request; raises `TargetError` for another host."""
        try:
            url = first.url.join(place)
        except httpx2.InvalidURL as error:
            raise TargetError(f"target.poll: {place!r} is no address: {error}", reason=Reason.NO_ANSWER) from error
        if (url.scheme, url.host, url.port) != (first.url.scheme, first.url.host, first.url.port):
            message = f"{self._config.url} names a place on another host, {url.host}, for its answer"
            raise TargetError(f"{message}: credentials do not go there", reason=Reason.REDIRECTED)
        headers = {k: v for k, v in first.headers.items() if not k.startswith(("content-", "transfer-"))}
        url = url.copy_merge_params(presented.query) if presented.query else url
        return self._client.build_request("GET", url, headers=headers)

    def _is_pending(self, received: ServiceResponse) -> bool:
        """Whether it is still worked on; raises `TargetError` where nothing will come of it."""
        if received.text is not None:
            return False
        accepted = received.response.status_code == httpx2.codes.ACCEPTED
        body = self._body(received)
        if self._done is not None and search(self._done, body, "target.poll.done"):
            return False
        if signs.has_failed(body):
            error = signs.error_of(body) or " ".join(received.shown.split())[:200]
            message = f"{self._config.url}: the service says that it failed: {error}"
            raise TargetError(message, reason=Reason.SERVICE_ERROR)
        return accepted or self._done is not None or signs.is_running(body)

    def _body(self, received: ServiceResponse) -> Any:
        """What a look has shown, None where it is no JSON."""
        try:
            return parsed(received, self._config.url)
        except TargetError:
            return None


def _template(text: str | None, where: str, *more: str) -> TextTemplate | None:
    return None if text is None else compile_text(text, where, os.environ, more=more)
