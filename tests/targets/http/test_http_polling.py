"""Answers that come later: started with one request, looked for with others, bounded in time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.login_service import ask, http, refused
from support.rag_server import RagServer, Request, Response

from rag_eval.errors import ConfigError
from rag_eval.records import Answer
from rag_eval.targets.http.exchange import HttpExchange

DONE = {"answer": "At six.", "contexts": [{"text": "It opens at six.", "id": "p"}]}
SOON = {"every": 0.01, "within": 5}
SELECT = {"response": "answer", "retrieved_contexts": "contexts[].text"}


class Job:
    """A service that is done at the third look."""

    def __init__(self, start: Callable[[Request], Response], look: Callable[[int], Response]) -> None:
        self._start, self._look = start, look
        self.looks: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """Start, or say how far it is."""
        if request.method == "POST":
            return self._start(request)
        self.looks.append(request)
        return self._look(len(self.looks))


def body(code: int = 200, headers: dict[str, str] | None = None, /, **fields: Any) -> Response:
    """An answer in JSON."""
    return Response(code, fields, headers or {})


def third(before: Response, done: Response) -> Callable[[int], Response]:
    """What two looks show, and what the third one does."""
    return lambda number: done if number >= 3 else before


WAYS: dict[str, tuple[dict[str, Any], Job]] = {
    "a header Location": (
        {},
        Job(lambda _: body(202, {"location": "/jobs/7"}, status="queued"), third(body(202), body(**DONE))),
    ),
    "status_url in the body": (
        {},
        Job(lambda _: body(202, status_url="/jobs/7"), third(body(status="in_progress"), body(status="done", **DONE))),
    ),
    "a place made of an id": (
        {"url": "/jobs/{{ started.job_id }}"},
        Job(lambda _: body(job_id=7, status="queued"), third(body(status="RUNNING"), body(status="completed", **DONE))),
    ),
    "LlamaIndex, which says 202 until it is done": (
        {"url": "/jobs/{{ started.handler_id }}"},
        Job(lambda _: body(handler_id="7", status="started"), third(body(202), body(**DONE))),
    ),
    "a condition of one's own": (
        {"url": "/jobs/{{ started.id }}", "done": "progress == `100`"},
        Job(lambda _: body(id=7), third(body(progress=50), body(progress=100, **DONE))),
    ),
    "a service that is away for a moment": (
        {"url": "/jobs/{{ started.id }}"},
        Job(lambda _: body(id=7), third(body(503), body(**DONE))),
    ),
    "an answer that is there at once": ({}, Job(lambda _: body(**DONE), lambda _: body(500))),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_is_looked_for_until_it_is_there(way: str) -> None:
    """Wherever the service says that it will be, with the credentials of the question."""
    poll, job = WAYS[way]
    job.looks.clear()
    headers = {"x-team": "harbour"}
    with RagServer(job) as server:
        answer = ask(http(f"{server.url}/ask", select=SELECT, poll={**SOON, **poll}, headers=headers))
    assert (answer.response, answer.retrieved_contexts) == ("At six.", ("It opens at six.",))
    assert all((look.path, look.headers["x-team"]) == ("/jobs/7", "harbour") for look in job.looks)
    assert len(job.looks) == (0 if "at once" in way else 3)
    assert answer.latency_s is not None
    assert answer.latency_s >= 0.01 * len(job.looks), "the wait is part of what the answer took"


def test_the_answer_may_be_in_a_third_place() -> None:
    """One place says how far it is, another has what came of it."""

    def answer(request: Request) -> Response:
        places = {
            "/ask": body(202, status_url="/status"),
            "/status": body(status="COMPLETED", response_url="/result"),
            "/result": body(**DONE),
        }
        return places[request.path]

    with RagServer(answer) as server:
        poll = {**SOON, "result": "{{ status.response_url }}"}
        assert ask(http(f"{server.url}/ask", select=SELECT, poll=poll)).response == "At six."


GENERATING = [f"event: generating\ndata: {json.dumps([text])}\n\n" for text in ("At", "At six", "At six.")]


def gradio(*events: str) -> Callable[[Request], Response]:
    """Gradio's API: an id first, then a stream of what the function returns."""

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return body(event_id="abc")
        assert request.path == "/gradio_api/call/chat/abc"
        return Response(body="".join(events).encode(), headers={"content-type": "text/event-stream"})

    return answer


def ask_gradio(server: RagServer, **said: Any) -> Answer:
    """The answer of such an app."""
    poll = {**SOON, "url": "chat/{{ started.event_id }}"}
    stream = {"kind": "sse", "delta": "[0]"}
    return ask(http(f"{server.url}/gradio_api/call/chat", poll=poll, stream=stream, select={}, **said))


@pytest.mark.parametrize("before", [[], ["event: heartbeat\ndata: null\n\n"], GENERATING])
def test_the_answer_may_be_streamed_where_it_is_looked_for(before: list[str]) -> None:
    """As Gradio does, once or piece by piece."""
    done = f"event: complete\ndata: {json.dumps(['At six.'])}\n\n"
    with RagServer(gradio(*before, done)) as server:
        answer = ask_gradio(server)
    assert answer.response == "At six."
    assert answer.first_token_s is not None
    assert answer.latency_s is not None
    assert 0.01 <= answer.first_token_s <= answer.latency_s


FAILURES = [
    ({}, Job(lambda _: body(202, {"location": "/j"}), lambda _: body(202, step="reading")), "timeout", "reading"),
    ({}, Job(lambda _: body(202, {"location": "/j"}), lambda _: body(503)), "timeout", "503"),
    (
        {"url": "/j"},
        Job(lambda _: body(), lambda _: body(status="failed", error="no index")),
        "service_error",
        "no index",
    ),
    ({"url": "/j"}, Job(lambda _: body(), lambda _: body(404, detail="no such job")), "http_status", "no such job"),
    ({"url": "/{{ started.id }}"}, Job(lambda _: body(job=1), lambda _: body()), "bad_template", "target.poll.url"),
    ({}, Job(lambda _: body(202, job=1), lambda _: body()), "no_answer", "target.poll.url says it"),
    ({"url": "http://127.0.0.2/j"}, Job(lambda _: body(), lambda _: body()), "redirected", "127.0.0.2"),
]


@pytest.mark.parametrize(("poll", "job", "reason", "words"), FAILURES)
def test_no_answer_in_the_end_says_why(poll: dict[str, Any], job: Job, reason: str, words: str) -> None:
    """The work that was started is not started again, and no credential goes to another host."""
    with RagServer(job) as server:
        settings = {"select": SELECT, "poll": {"every": 0.01, "within": 0.1, **poll}, "retries": 2}
        error = refused(http(f"{server.url}/ask", **settings))
        assert sum(request.method == "POST" for request in server.requests) == 1
    assert (error.reason, words in str(error)) == (reason, True)


def test_an_answer_that_comes_later_names_the_setting() -> None:
    """Where nobody said that it may; and a load test does not wait."""
    with RagServer(lambda _: body(202, {"location": "/jobs/7"}, status="queued")) as server:
        error = refused(http(server.url, select=SELECT))
    assert (error.reason, "names /jobs/7" in str(error), "target.poll" in str(error)) == ("no_answer", True, True)
    with pytest.raises(ConfigError, match=r"target\.poll"):
        HttpExchange(http("http://127.0.0.1/", poll={}))


@pytest.mark.parametrize("poll", [{"url": "{{ stated.id }}"}, {"done": "a ==="}, {"result": "{{ started.x"}])
def test_a_mistake_in_the_settings_is_found_before_anything_is_asked(poll: dict[str, Any]) -> None:
    """With the setting's name."""
    with pytest.raises(ConfigError, match=rf"target\.poll\.{next(iter(poll))}"):
        ask(http("http://127.0.0.1/", poll=poll))
