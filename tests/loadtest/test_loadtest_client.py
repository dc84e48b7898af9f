"""One request of a user: sent as it was built, and judged; with a client that only pretends."""

from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

pytest.importorskip("gevent")

from rag_eval.loadtest.client import send

REQUEST = httpx2.Request("POST", "http://ada:p%40ss@127.0.0.1:9/ask?a=1", json={"q": "When?"})


class Client:
    """Remembers what it was to send, and answers or raises."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []
        self.told: list[object] = []
        self.request_event: Any = SimpleNamespace(fire=lambda **event: self.told.append(event))

    def request(self, method: str, url: str, **settings: Any) -> Any:
        """Tell Locust, as its client does, and answer."""
        self.asked.append((method, url, settings))
        self.request_event.fire(name=url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answered(status: int, content: bytes = b"{}") -> SimpleNamespace:
    """An answer as Locust's client gives one."""
    return SimpleNamespace(status_code=status, content=content, headers={"Retry-After": "3"}, error=None)


def test_credentials_in_an_address_go_into_a_header() -> None:
    """That client does not look into addresses; Locust is not told before the request has been judged."""
    client = Client(answered(200, b"{}"))
    result = send(client, REQUEST, 5.0, 100)
    (method, url, settings) = client.asked[0]
    assert (method, url) == ("POST", "http://127.0.0.1:9/ask?a=1")
    assert settings["headers"]["Authorization"] == "Basic YWRhOnBAc3M="
    assert settings["data"] == REQUEST.content
    assert (result.status, result.body, result.kind, result.headers["Retry-After"]) == (200, b"{}", "", "3")
    assert client.told == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answered(204), ""),
        (answered(302), "http_302"),
        (answered(401), "unauthorized"),
        (answered(403), "unauthorized"),
        (answered(429), "rate_limited"),
        (answered(503), "http_503"),
        (answered(200, b"x" * 101), "too_large"),
        (SimpleNamespace(status_code=0, content=None, headers=None, error="ConnectionRefused"), "connection"),
        (SimpleNamespace(status_code=0, content=None, headers=None, error="timed out"), "timeout"),
        (ValueError("chunk"), "unreadable_ValueError"),
    ],
)
def test_what_went_wrong_has_a_short_code(answer: Any, kind: str) -> None:
    """Whatever the client makes of it, the request is counted."""
    assert send(Client(answer), REQUEST, 5.0, 100).kind == kind


def test_an_answer_that_is_late_is_a_timeout() -> None:
    """However whole it is."""
    assert send(Client(answered(200)), REQUEST, 0.0, 100).kind == "timeout"
