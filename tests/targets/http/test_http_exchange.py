"""Requests and answers of a service without a connection."""

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from rag_eval.errors import ReasonedError, TargetError
from rag_eval.records import Case
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.exchange import HttpExchange
from rag_eval.targets.http.tokens import TokenRequest

CASE = Case(id="q1", user_input="Wann legt die Fähre ab?")


def exchange(**settings: Any) -> HttpExchange:
    """That of a service on this machine."""
    return HttpExchange(HttpConfig.model_validate({"kind": "http", "url": "http://127.0.0.1/ask", **settings}))


def body(value: object) -> bytes:
    """A body of JSON."""
    return json.dumps(value).encode()


def test_a_case_becomes_a_request_with_its_credentials() -> None:
    """And with nothing of a conversation, of which there is none."""
    service = exchange(body={"q": "{{ user_input }}", "turns": "{{ history | length }}", "s": "{{ session }}"})
    request = service.request(CASE, Credentials({"authorization": "Bearer t"}, {"key": "k"}))
    assert (request.method, str(request.url)) == ("POST", "http://127.0.0.1/ask?key=k")
    assert request.headers["authorization"] == "Bearer t"
    assert json.loads(request.content) == {"q": CASE.user_input, "turns": 0, "s": None}


def test_a_token_is_asked_for_by_a_form() -> None:
    """As browsers send one."""
    request = exchange().token_request(TokenRequest("http://h/login", {"username": "ada", "password": "a b"}))
    assert (request.method, request.content) == ("POST", b"username=ada&password=a+b")


def test_an_answer_is_read_as_the_target_reads_it() -> None:
    """Whole bodies and whole streams alike."""
    answer = exchange(select={"retrieved_context_ids": "ids"}).answer(
        body({"answer": "Um acht.", "ids": ["p1"]}), 5.0, 0.5
    )
    assert (answer.response, answer.retrieved_context_ids) == ("Um acht.", ("p1",))
    assert (answer.asked_at, answer.latency_s) == (5.0, 0.5)
    stream = exchange(stream={"kind": "ndjson", "delta": "d"})
    assert stream.answer(b'{"d": "Um "}\n{"d": "acht."}\n').response == "Um acht."


@pytest.mark.parametrize(
    "content", [b"<html>", b"\xff\xfe", b"[" * 100_000, b"{}", body({"answer": ""}), body({"error": "busy"})]
)
def test_where_no_answer_is_there_is_an_error_with_a_reason(content: bytes) -> None:
    """One of ours, by which a load test counts it."""
    with pytest.raises(ReasonedError):
        exchange().answer(content)


def test_what_somebody_s_function_raises_has_a_reason_and_what_ours_raise_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mistake in our own code is not taken for an answer that is none."""
    module = ModuleType("somebody_s")
    module.pick = lambda content: content["nothing"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "somebody_s", module)
    with pytest.raises(TargetError, match=r"target\.select\.use: somebody_s:pick raised KeyError: 'nothing'"):
        exchange(select={"use": "somebody_s:pick"}).answer(body({}))
    service = exchange()
    monkeypatch.setattr(service._extractor, "answer", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        service.answer(body({"answer": "x"}))


def test_credentials_are_masked_in_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token, the password it was fetched with, and what stands in headers that are secret."""
    monkeypatch.setenv("KEY", "header-secret-0123456789")
    service = exchange(headers={"X-Api-Key": "${KEY}"})
    credentials = Credentials(token="token-0123456789abcdef", hidden=frozenset({"password-0123456789"}))
    text = "token-0123456789abcdef password-0123456789 header-secret-0123456789 words"
    assert service.masked(text, credentials) == "*** *** *** words"
