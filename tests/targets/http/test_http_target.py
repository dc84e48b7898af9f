"""The HTTP target against a real service on loopback."""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from support.login_service import (
    CASE,
    LOGIN,
    PASSWORD,
    TOKEN,
    Guarded,
    answering,
    ask,
    ask_all,
    guarded,
    http,
    many,
    refused,
)
from support.rag_server import RagServer, Request, Response, plain

from rag_eval import targets
from rag_eval.errors import ConfigError, ReasonedError
from rag_eval.records import Answer, Case
from rag_eval.resilience.breaker import is_down
from rag_eval.targets.context import TargetContext
from rag_eval.targets.http.auth.login import LoginConfig
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget

# What is sent


def test_a_question_is_posted_as_json() -> None:
    """By default the question goes as `query` in a JSON body, with our name in the user agent."""
    with RagServer() as server:
        ask(http(f"{server.url}/ask"))
        (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/ask", {"query": CASE.user_input})
    assert request.headers["user-agent"].startswith("rag-eval/")
    assert "authorization" not in request.headers


def test_get_sends_the_body_as_parameters() -> None:
    """A GET has its values in the query string, next to those of the URL."""
    with RagServer() as server:
        ask(http(f"{server.url}/ask?tenant=a", method="GET", body={"query": "{{ user_input }}", "k": 3}))
        (request,) = server.requests
    assert (request.method, request.body) == ("GET", None)
    assert request.query == {"tenant": "a", "query": CASE.user_input, "k": "3"}


@pytest.mark.parametrize("token", [f"{TOKEN}\n", "t0kén-0123456789"])
def test_a_token_that_no_header_holds_is_a_mistake_and_not_repeated(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break at the end of a token is told by the variable's name, without the token."""
    monkeypatch.setenv("RAG_TOKEN", token)
    with pytest.raises(ConfigError, match="RAG_TOKEN") as caught:
        HttpTarget(http("http://127.0.0.1:9", auth={"kind": "bearer", "token_env": "RAG_TOKEN"}))
    assert token.strip() not in str(caught.value)


# What comes back


def test_an_answer_is_picked_out_of_the_body() -> None:
    """Text, contexts and ids are found by their paths; the time and the attempts are noted."""
    before = time.time()
    with RagServer() as server:
        answer = ask(http(server.url))
    assert answer.response == f"It is said: {CASE.user_input}"
    assert answer.retrieved_contexts == (answer.response, "Something else altogether.")
    assert answer.retrieved_context_ids == ("p1", "p2")
    assert answer.attempts == 1
    assert answer.asked_at is not None
    assert before <= answer.asked_at <= time.time()


def test_contexts_that_are_not_selected_are_unknown() -> None:
    """Without a path a field is None, which is not the same as an empty list."""
    with RagServer() as server:
        answer = ask(http(server.url, select={"response": "answer"}))
        nothing = ask(http(server.url, select={"response": "answer", "retrieved_contexts": "contexts[?id=='none']"}))
    assert (answer.retrieved_contexts, answer.retrieved_context_ids) == (None, None)
    assert nothing.retrieved_contexts == ()


def test_numbers_as_ids_become_texts() -> None:
    """Ids are often integers."""
    with RagServer(answering(Response(body={"answer": "a", "contexts": [{"id": 7, "text": "t"}]}))) as server:
        assert ask(http(server.url)).retrieved_context_ids == ("7",)


@pytest.mark.parametrize(
    ("body", "reason", "told"),
    [
        ({"reply": "x", "contexts": []}, "no_answer", r"no text at 'answer'.*its keys are \['contexts', 'reply'\]"),
        ({"answer": "  ", "contexts": []}, "no_answer", "no text at 'answer'"),
        ({"answer": {"text": "x"}, "contexts": []}, "no_answer", "no text at 'answer'"),
        ({"answer": ["x", "y"], "contexts": []}, "no_answer", r"a list of 2, which join\('', answer\) makes one text"),
        (["x"], "no_answer", "it is a list"),
        (None, "no_answer", "it is a NoneType"),
        ({"answer": "x"}, "bad_contexts", "found nothing"),
        (
            {"answer": "x", "contexts": [{"id": "1", "text": ["t"]}]},
            "bad_contexts",
            r"a list with list: .+\[\] takes the",
        ),
        ({"answer": "x", "contexts": [{"id": "1", "text": "t"}, {"id": 1.5, "text": "t"}]}, "bad_contexts", "float"),
    ],
)
def test_an_answer_that_is_not_where_it_should_be(body: Any, reason: str, told: str) -> None:
    """The failure names the path, what was expected and what was found, and is not tried again."""
    with RagServer(answering(Response(body=body))) as server:
        error = refused(http(server.url))
        assert len(server.requests) == 1
    assert error.reason == reason
    with pytest.raises(ReasonedError, match=told):
        raise error


def test_half_a_surrogate_pair_is_replaced() -> None:
    """A text that JSON can hold and no file can is made readable, so that it can be kept."""
    body = b'{"answer": "a\\ud800b \\ud83d\\ude00", "contexts": [{"id": "\\udfff", "text": "\\ud800"}]}'
    with RagServer(answering(Response(body=body))) as server:
        answer = ask(http(server.url))
    assert answer.response == "a\ufffdb \U0001f600"
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(body=b"<html>Sign in</html>", headers={"content-type": "text/html"}), "text/html"),
        (Response(body=b'{"answer": "half'), "application/json"),
        (Response(body=b""), "application/json"),
        (Response(body='{"answer": "Café"}'.encode("latin-1")), "application/json"),
        (Response(body=b"[" * 100_000), "application/json"),
    ],
)
def test_what_is_no_json_is_told_by_its_content_type(response: Response, kind: str) -> None:
    """HTML with status 200, truncated JSON and bytes of another charset are failures and not tried again."""
    with RagServer(answering(response)) as server:
        error = refused(http(server.url))
        assert len(server.requests) == 1
    assert error.reason == "not_json"
    assert kind in str(error)


def test_a_wrong_charset_in_the_header_does_no_harm() -> None:
    """JSON is UTF-8, whatever the header says."""
    body = json.dumps({"answer": "Café", "contexts": []}, ensure_ascii=False).encode()
    headers = {"content-type": "application/json; charset=latin-1"}
    with RagServer(answering(Response(body=body, headers=headers))) as server:
        assert ask(http(server.url)).response == "Café"


def test_compressed_answers() -> None:
    """A gzip body is unpacked; one that only says it is gzip is a failure."""
    packed = Response(body=gzip.compress(json.dumps(plain("q")).encode()), headers={"content-encoding": "gzip"})
    broken = Response(body=plain("q"), headers={"content-encoding": "gzip"})
    with RagServer(answering(packed, broken)) as server:
        assert ask(http(server.url)).response == "It is said: q"
        assert refused(http(server.url)).reason == "not_json"


# Credentials


def test_a_bearer_token_is_sent() -> None:
    """The token comes from the environment variable that the configuration names."""
    with RagServer() as server:
        ask(http(server.url, auth={"kind": "bearer", "token_env": "RAG_TOKEN"}))
        assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_one_login_serves_all_who_wait_for_it() -> None:
    """Twenty questions at once cause one login, with the form that OAuth2 wants."""
    service = Guarded(seconds=0.05)
    with RagServer(service) as server:
        answers = ask_all(guarded(server, concurrency=20), *many(20))
    assert all(isinstance(answer, Answer) and answer.attempts == 1 for answer in answers)
    assert service.logins == [{"username": "ada", "password": PASSWORD}]


def test_a_token_that_ran_out_is_renewed_once() -> None:
    """A 401 in the middle of a run causes one new login, and the question is asked again with the new token."""
    service = Guarded(lifetime=3)
    with RagServer(service) as server:

        async def scenario() -> list[Answer]:
            async with HttpTarget(guarded(server)) as target:
                return [await target.answer(case) for case in many(5)]

        answers = asyncio.run(scenario())
    assert len(service.logins) == 2
    assert [answer.attempts for answer in answers] == [1, 1, 1, 2, 1]


def test_many_refused_at_once_share_one_new_login() -> None:
    """When a token is revoked under ten questions in flight, the first to see it logs in for all of them."""
    service = Guarded()
    with RagServer(service) as server:

        async def scenario() -> list[Answer]:
            async with HttpTarget(guarded(server, concurrency=10)) as target:
                await target.answer(CASE)
                service.logins.append("somebody else has logged in")
                return await asyncio.gather(*(target.answer(case) for case in many(10)))

        answers = asyncio.run(scenario())
    assert len(answers) == 10
    assert len(service.logins) == 3


def test_a_second_401_is_final() -> None:
    """A service that refuses even a new token is not asked for ever."""
    service = Guarded(lifetime=0)
    with RagServer(service) as server:
        error = refused(guarded(server))
    assert (error.reason, error.attempts, len(service.logins)) == ("unauthorized", 2, 2)
    assert "session-" not in str(error)


def test_a_refused_login() -> None:
    """It is a failure of its own, says nothing of the credentials, and no question is sent."""
    service = Guarded(status=403)
    with RagServer(service) as server:
        error = refused(guarded(server))
        assert [request.path for request in server.requests] == ["/login"]
    assert (error.reason, "was refused: 403" in str(error)) == ("unauthorized", True)
    assert PASSWORD not in str(error)


def test_a_login_is_tried_again_where_that_may_help() -> None:
    """A login that answers 503 once is repeated like a question."""
    service = Guarded()
    outages = [Response(503)]
    with RagServer(lambda r: outages.pop() if outages else service(r)) as server:
        assert ask(guarded(server)).response == f"It is said: {CASE.user_input}"
    assert len(service.logins) == 1


@pytest.mark.parametrize("token", [["x"], "line\nbreak"])
def test_a_login_without_a_usable_token(token: Any) -> None:
    """A token that is missing, no text or unfit for a header is told by its path and not repeated."""
    with RagServer(Guarded(token=token)) as server:
        error = refused(guarded(server))
    assert (error.reason, "'access_token'" in str(error)) == ("unauthorized", True)
    assert "break" not in str(error)


def test_the_path_of_the_token_can_be_told() -> None:
    """Logins that nest their token are read by a JMESPath."""

    def service(request: Request) -> Response:
        if request.path == "/login":
            return Response(body={"data": {"jwt": TOKEN}})
        return Response(body=plain(request.headers["authorization"]), status=200)

    with RagServer(service) as server:
        auth = {**LOGIN, "url": f"{server.url}/login", "token": "data.jwt"}
        ask(http(server.url, auth=auth))
        assert server.requests[1].headers["authorization"] == f"Bearer {TOKEN}"


# Trying again


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_statuses_that_may_pass_are_tried_again(status: int) -> None:
    """The answer that comes in the end says how many requests it took."""
    with RagServer(answering(Response(status), Response(status), Response(body=plain("q")))) as server:
        assert ask(http(server.url)).attempts == 3


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "http_status"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "http_status"),
        (500, "http_status"),
    ],
)
def test_other_statuses_are_final(status: int, reason: str) -> None:
    """They are not tried again; the message quotes the service."""
    with RagServer(answering(Response(status, {"detail": "because"}))) as server:
        error = refused(http(server.url))
        assert len(server.requests) == 1
    assert (error.reason, error.attempts) == (reason, 1)
    assert f"answered {status}" in str(error)
    assert "because" in str(error)


def test_retries_end() -> None:
    """After the last try the failure says how many there were."""
    with RagServer(answering(Response(429))) as server:
        error = refused(http(server.url, retries=2))
        assert len(server.requests) == 3
    assert (error.reason, error.attempts) == ("rate_limited", 3)


def test_a_broken_connection_is_tried_again() -> None:
    """An answer that breaks off in the middle, and a port nobody listens at."""
    with RagServer(answering(Response(body=plain("q"), cut=True), Response(body=plain("q")))) as server:
        assert ask(http(server.url)).attempts == 2
    error = refused(http("http://127.0.0.1:9", retries=2))
    assert (error.reason, error.attempts) == ("connection", 3)


def test_a_question_at_which_a_service_always_breaks_off_stops_no_other() -> None:
    """The service answered, so that it is not down: the question fails after its tries, and nobody waits for it."""
    with RagServer(answering(Response(body=plain("q"), cut=True))) as server:
        error = refused(http(server.url, retries=2, breaker={"failures": 1}))
        assert len(server.requests) == 3
    assert (error.reason, error.attempts) == ("cut_off", 3)
    assert not is_down(error)


def test_a_timeout_is_tried_again() -> None:
    """A service that hangs once is asked again after the time limit; the latency is that of the answer alone."""
    with RagServer(answering(Response(body=plain("q"), seconds=0.6), Response(body=plain("q")))) as server:
        answer = ask(http(server.url, timeout=0.25))
    assert answer.attempts == 2
    assert answer.latency_s is not None
    assert answer.latency_s < 0.25


def test_a_service_that_always_hangs() -> None:
    """It becomes a timeout after the last try."""
    with RagServer(seconds=0.4) as server:
        error = refused(http(server.url, timeout=0.1, retries=1))
    assert (error.reason, error.attempts) == ("timeout", 2)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(form: str) -> None:
    """The next request comes no earlier than the service asked, and the wait is no part of the latency."""
    came: list[float] = []

    def service(_: Request) -> Response:
        came.append(time.time())
        if len(came) > 1:
            return Response(body=plain("q"), seconds=0.1)
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return Response(429, headers={"retry-after": "1" if form == "seconds" else when})

    with RagServer(service) as server:
        answer = ask(http(server.url))
    assert came[1] - came[0] >= 0.95  # a date is in whole seconds
    assert answer.latency_s is not None
    assert 0.1 <= answer.latency_s < 0.6
    assert answer.asked_at is not None
    assert answer.asked_at - came[0] >= 0.9


def test_redirects_to_another_host_are_not_followed() -> None:
    """A redirect would carry the credentials to somebody else; it is a failure."""
    with RagServer() as other, RagServer(answering(Response(307, headers={"location": other.url}))) as server:
        error = refused(http(server.url, auth={"kind": "bearer", "token_env": "RAG_TOKEN"}))
        assert not other.requests
    assert (error.reason, "another host" in str(error)) == ("redirected", True)


# Time


def test_no_more_questions_are_in_flight_than_allowed() -> None:
    """However many are asked at once, the service sees at most `concurrency` of them at a time."""
    with RagServer(seconds=0.05) as server:
        answers = ask_all(http(server.url, concurrency=3), *many(15))
        assert all(isinstance(answer, Answer) for answer in answers)
        assert server.peak == 3


def test_latency_is_the_time_of_the_service() -> None:
    """It is what the service took, and little more."""
    with RagServer(seconds=0.2) as server:
        latency = ask(http(server.url)).latency_s
    assert latency is not None
    assert 0.2 <= latency < 0.5


def test_a_login_is_no_part_of_the_latency() -> None:
    """The first question is not slower for the login that it caused."""
    with RagServer(Guarded(seconds=0.5)) as server:
        latency = ask(guarded(server)).latency_s
    assert latency is not None
    assert latency < 0.4


# In process

Message = MutableMapping[str, Any]


Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """A service as small as ASGI allows."""
    said = json.loads((await receive())["body"])
    body = json.dumps({**plain(said["query"]), "path": scope["path"]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def test_an_application_in_process() -> None:
    """Over an ASGI transport the same target asks an application without a socket."""

    async def scenario() -> list[Answer]:
        transport = httpx2.ASGITransport(app=app)
        said = http("http://app/ask", select={"response": "answer", "retrieved_context_ids": "[path]"})
        async with HttpTarget(said, transport=transport) as target:
            return await asyncio.gather(*(target.answer(case) for case in many(5)))

    answers = asyncio.run(scenario())
    assert [answer.response for answer in answers] == [f"It is said: Question {i}?" for i in range(5)]
    assert answers[0].retrieved_context_ids == ("/ask",)


def test_connect_closes_the_target() -> None:
    """The configured kind decides which target is made."""

    async def scenario(said: HttpConfig) -> Answer:
        async with targets.connect(said, TargetContext()) as target:
            assert isinstance(target, HttpTarget)
            return await target.answer(CASE)

    with RagServer() as server:
        assert asyncio.run(scenario(http(server.url))).retrieved_context_ids == ("p1", "p2")


def test_a_login_that_was_refused_is_not_tried_for_every_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten questions, one login: a password that is wrong must not lock the account."""
    monkeypatch.setenv("U", "somebody")
    monkeypatch.setenv("P", "wrong-password")
    with RagServer(lambda _: Response(status=403, body={})) as server:
        auth = LoginConfig(kind="login", url=f"{server.url}/login", username_env="U", password_env="P")
        said = HttpConfig(kind="http", url=f"{server.url}/query", auth=auth)

        async def ask() -> list[str]:
            async with HttpTarget(said) as target:
                asked = [target.answer(Case(id=str(n), user_input="Q?")) for n in range(10)]
                return [getattr(e, "reason", "") for e in await asyncio.gather(*asked, return_exceptions=True)]

        assert asyncio.run(ask()) == ["unauthorized"] * 10
        assert server.asked["/login"] == 1
