"""What happens to every request before and after its route: an id, a deadline, a bound for its body, a line in the log.

Plain ASGI, so that streamed answers stream and context variables reach what the routes start.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from rag_eval.staging.circuits import Deadline
from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.logs import get_logger
from rag_eval.staging.problems import refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods that are told apart. Another one would become a new label of a metric each time somebody invents one."""
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNHEARD = frozenset({"/health", "/ready", "/metrics"})
"""Asked every few seconds by machines; not a line each."""
_GRACE_S = 0.5
"""How much later than the deadline a request is cut off that did not see to it itself."""

_log = get_logger(__name__)


class Envelope:
    """The layer around all routes."""

    def __init__(
        self, app: Asgi, *, deadline_s: float, body: int, bodies: Mapping[str, int], is_known: Callable[[str], bool]
    ) -> None:
        """`body` is the largest body in bytes, `bodies` those of single paths for who has a token that `is_known`."""
        self._app, self._deadline_s, self._body, self._bodies = app, deadline_s, body, bodies
        self._is_known = is_known

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, see `_Passage`; whatever else comes by is not meant for this service."""
        if scope["type"] == "http":
            await _Passage(scope, receive, send, Deadline(self._deadline_s), self._most(scope)).through(self._app)
        else:
            await self._app(scope, receive, send)

    def _most(self, scope: Message) -> int:
        """The largest body; whoever is not known sends no large one, which would be read before he is refused."""
        if scope["path"] not in self._bodies:
            return self._body
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        is_known = kind.lower() == "bearer" and self._is_known(token.strip())
        return self._bodies[scope["path"]] if is_known else self._body


class KnownMethods:
    """Lets through the methods that are told apart; in front of all that counts by method."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and scope["method"] not in METHODS:
            refusal = ServiceRefusal(405, "method_not_allowed", "no such method", {"Allow": "GET, POST"})
            await refused(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Passage:
    """One request on its way."""

    def __init__(self, scope: Message, receive: Receive, send: Send, deadline: Deadline, most: int) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._deadline, self._most = deadline, most
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        self._id = asked if _ID.fullmatch(asked) else secrets.token_hex(16)
        self._read = 0
        self._is_read = "content-length" not in headers and "transfer-encoding" not in headers
        self._began = False
        self._status = 500

    async def through(self, app: Asgi) -> None:
        """Have the application answer, and note how long it took and what came of it."""
        began = time.perf_counter()
        self._scope.setdefault("state", {}).update(deadline=self._deadline, degraded=set(), request_id=self._id)
        with structlog.contextvars.bound_contextvars(request_id=self._id):
            try:
                await self._limited(app)
            finally:
                self._note(time.perf_counter() - began)

    async def _limited(self, app: Asgi) -> None:
        try:
            async with asyncio.timeout(max(0.0, self._deadline.left()) + _GRACE_S):
                await app(self._scope, self._receiving, self._sending)
        except asyncio.CancelledError:
            # The service is told to stop and the time for that is over; somebody who has hung up does not mind.
            if not self._began:
                await self._answer(ServiceRefusal(503, "unavailable", "the service is stopping", {"Retry-After": "1"}))
            raise
        except TimeoutError:
            if self._is_read:
                late = ServiceRefusal(504, "deadline_exceeded", f"no answer within {self._deadline.seconds:g} s")
            else:
                late = ServiceRefusal(
                    408, "request_timeout", f"the body did not come within {self._deadline.seconds:g} s"
                )
            await self._answer(late)
        except Exception as error:  # noqa: BLE001  the one boundary around a request: the client hears nothing of it
            _log.error("failed", exc_info=error)
            await self._answer(ServiceRefusal(500, "internal_error", "something went wrong here; the log says what"))

    async def _answer(self, refusal: ServiceRefusal) -> None:
        """Refuse, unless an answer is already on its way: then the connection is cut, and nothing looks whole."""
        if self._began:
            raise ConnectionAbortedError(refusal.code)
        await refused(refusal)(self._scope, self._receive, self._sending)

    async def _receiving(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            # FastAPI passes this kind on while it reads a body, and makes a 400 of any other.
            raise HTTPException(413, f"the body may hold {self._most} bytes")
        self._is_read = self._is_read or not message.get("more_body", False)
        return message

    async def _sending(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._began, self._status = True, message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._id
            headers["X-Content-Type-Options"] = "nosniff"
        await self._send(message)

    def _note(self, seconds: float) -> None:
        if self._scope["path"] in _UNHEARD:
            return
        route = self._scope.get("route")
        _log.info(
            "request",
            method=self._scope["method"],
            route=getattr(route, "path", "none"),
            status=self._status,
            seconds=round(seconds, 4),
            user=self._scope["state"].get("user"),
            degraded=sorted(self._scope["state"]["degraded"]) or None,
        )
