"""One request of a user: sent, timed, and judged. Runs in Locust's processes, on gevent."""

import base64
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import gevent
import httpx2

from rag_eval.targets.http.status import classify


class HttpResult(NamedTuple):
    """What came back."""

    status: int
    """0 where nothing did."""
    body: bytes
    kind: str
    """What went wrong, as a short code; empty where nothing did."""
    headers: Mapping[str, str]


def send(client: Any, request: httpx2.Request, timeout: float, most: int) -> HttpResult:
    """Send a request with a user's client; it ends within `timeout` seconds, with at most `most` bytes."""
    request.read()
    began = time.perf_counter()
    url, headers = _addressed(request)
    try:
        with gevent.Timeout(timeout), _SilencedEvents(client):
            response = client.request(request.method, url, data=request.content, headers=headers, allow_redirects=False)
            body: bytes = response.content or b""
    except gevent.Timeout:
        return HttpResult(0, b"", "timeout", {})
    except Exception as error:  # noqa: BLE001  whatever the client makes of a body, it was asked and must be counted
        return HttpResult(0, b"", _late(began, timeout) or f"unreadable_{type(error).__name__}", {})
    status: int = response.status_code or 0
    if not status:
        waited = "timed out" in repr(getattr(response, "error", ""))
        return HttpResult(0, b"", _late(began, timeout) or ("timeout" if waited else "connection"), {})
    # The client may swallow our timeout while it reads, and call what it has until then the body.
    kind = _late(began, timeout) or ("too_large" if len(body) > most else _kind(status))
    return HttpResult(status, body, kind, response.headers or {})


def _addressed(request: httpx2.Request) -> tuple[str, dict[str, str]]:
    """The URL without credentials, and the headers with them: this client does not look into URLs."""
    headers = {name.title(): value for name, value in request.headers.items() if name not in ("host", "connection")}
    url = request.url
    if not url.userinfo:
        return str(url), headers
    pair = base64.b64encode(unquote(url.userinfo.decode()).encode()).decode()
    return str(url.copy_with(username=None, password=None)), {"Authorization": f"Basic {pair}", **headers}


def _late(began: float, timeout: float) -> str:
    return "timeout" if time.perf_counter() - began >= timeout else ""


def _kind(status: int) -> str:
    outcome = classify(status)
    if outcome == "answered":
        return ""
    return outcome if outcome in ("rate_limited", "unauthorized") else f"http_{status}"


class _SilencedEvents:
    """Keeps a client from telling Locust of a request by itself: it is told when the request has been judged."""

    def __init__(self, client: Any) -> None:
        self._client, self._event = client, client.request_event

    def __enter__(self) -> Self:
        self._client.request_event = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.request_event = self._event

    def fire(self, **_: Any) -> None:
        """Do nothing."""
