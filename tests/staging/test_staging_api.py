"""The service over HTTP, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from staging.serving import Configure, Start, client_of, log_in, problem, running
from support.kept_logs import kept_logs

from rag_eval.staging.api import create_app
from rag_eval.staging.errors import CorpusError, PartRejection
from rag_eval.staging.writer import TokenUsage, WrittenAnswer

_LOGIN = "/api/v1/auth/login"
_QUERY = "/api/v1/query/"
_ENHANCED = "/api/v1/query/enhanced"
_RIGHT = {"username": "ada", "password": "right horse"}


@dataclass
class Played:
    """A writer that says, or raises, what it is told to."""

    says: str | Exception
    closed: bool = False
    model: str = "played"

    async def write(self, question: str, contexts: Sequence[str]) -> WrittenAnswer:
        """Say it."""
        await asyncio.sleep(0)
        if isinstance(self.says, Exception):
            raise self.says
        return WrittenAnswer(f"{self.says} ({len(contexts)})")

    async def stream(self, question: str, contexts: Sequence[str]) -> AsyncGenerator[str | TokenUsage]:
        """Say it in one piece."""
        yield (await self.write(question, contexts)).text

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True


@pytest.fixture(scope="module")
def url(configure: Configure) -> Iterator[str]:
    """Where the service runs as it comes."""
    with running(create_app(configure())) as base:
        yield base


@pytest.fixture
def client(url: str) -> Iterator[httpx2.Client]:
    """A client of that service, not logged in."""
    with client_of(url) as fresh:
        yield fresh


@pytest.mark.slow
def test_login(client: httpx2.Client) -> None:
    """The right credentials bring a bearer token that says how long it is good and must not be cached."""
    response = client.post(_LOGIN, data=_RIGHT)
    body = response.json()
    assert (response.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 3600)
    assert len(body["access_token"]) >= 32
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("wrong", [{"username": "eve"}, {"password": "wrong horse"}])
def test_login_refused(client: httpx2.Client, wrong: dict[str, str]) -> None:
    """A wrong name and a wrong password are refused with the same words."""
    response = client.post(_LOGIN, data=_RIGHT | wrong)
    assert problem(response) == (401, "unauthorized", "wrong username or password")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_login_form_incomplete(client: httpx2.Client) -> None:
    """A form without a field is told which, and hears nothing of what it sent back."""
    status, code, message = problem(client.post(_LOGIN, data={"password": "hunter2"}))
    assert (status, code) == (422, "invalid_request")
    assert "username" in message
    assert "hunter2" not in message


def test_query(client: httpx2.Client) -> None:
    """A question brings an answer with the contexts it rests on, best first."""
    body = log_in(client).post(_QUERY, json={"query": "When is the last boat?", "max_results": 2}).json()
    assert body["answer"] == "The last boat is at 19:30."
    assert body["contexts"][0]["id"] == "ferry#timetable"
    assert body["contexts"][0]["text"].startswith("Timetable\n\nBoats leave")
    assert len(body["contexts"]) <= 2
    assert (body["profile"], body["degraded"]) == ("strong", False)
    assert set(body) == {"answer", "contexts", "profile", "degraded", "degraded_by", "cached"}
    assert (body["degraded_by"], body["cached"]) == ([], False)


def test_query_without_match(client: httpx2.Client) -> None:
    """A question that the pages do not speak of brings no contexts and an answer that says so."""
    body = log_in(client).post(_ENHANCED, json={"query": "zeppelin"}).json()
    assert (body["contexts"], body["answer"], body["confidence"]) == ([], "The handbook does not say.", 0)


def test_profiles_differ(start: Start, configure: Configure) -> None:
    """What the strong profile finds at the end of a section the weak one misses."""
    found = {}
    for profile in ("strong", "weak"):
        client = log_in(start(create_app(configure(PROFILE=profile))))
        found[profile] = client.post(_QUERY, json={"query": "Are barbecues forbidden?"}).json()
    assert found["strong"]["answer"] == "Barbecues are forbidden."
    assert found["weak"]["contexts"] == []
    assert found["weak"]["profile"] == "weak"


@pytest.mark.slow
@pytest.mark.parametrize("query", ["ferry in winter", "pontoon", "berths fuel ferry spill boats", "?"])
def test_same_answer_every_time(client: httpx2.Client, query: str) -> None:
    """Asked twice, the service answers the same to the last byte, with a confidence in [0, 1]."""
    log_in(client)
    first, second = (client.post(_ENHANCED, json={"query": query}) for _ in range(2))
    assert first.content == second.content
    assert 0 <= first.json()["confidence"] <= 1


@pytest.mark.parametrize("path", [_QUERY, _ENHANCED])
@pytest.mark.parametrize("header", [None, "Bearer forged", "Bearer", "Basic YWRhOng=", "nonsense"])
def test_no_good_token(client: httpx2.Client, path: str, header: str | None) -> None:
    """Without a token of this service's own nothing is answered, and the response says how to get one."""
    headers = {"Authorization": header} if header else {}
    response = client.post(path, json={"query": "ferry"}, headers=headers)
    assert problem(response)[:2] == (401, "unauthorized")
    assert _LOGIN in problem(response)[2]
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_token_expires(start: Start, configure: Configure) -> None:
    """A token is refused once its time is over, and a new login helps."""
    now = [0.0]
    client = log_in(start(create_app(configure(TOKEN_TTL_S="60"), clock=lambda: now[0])))
    assert client.post(_QUERY, json={"query": "ferry"}).status_code == 200
    now[0] = 60.0
    assert client.post(_QUERY, json={"query": "ferry"}).status_code == 401
    assert log_in(client).post(_QUERY, json={"query": "ferry"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "   "}, "query"),
        ({"query": "x" * 2001}, "query"),
        ({"query": 5}, "query"),
        ({"query": "x", "max_results": 0}, "max_results"),
        ({"query": "x", "max_results": 21}, "max_results"),
        ({"query": "x", "max_results": True}, "max_results"),
        ({"query": "x", "top_k": 3}, "top_k"),
    ],
)
def test_invalid_request(client: httpx2.Client, body: dict[str, Any], names: str) -> None:
    """A request that is not what it should be is refused by the name of the field."""
    status, code, message = problem(log_in(client).post(_QUERY, json=body))
    assert (status, code) == (422, "invalid_request")
    assert message.startswith(f"{names}: ")


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b'{"query": "\\ud800"}', b"\xff"])
def test_broken_json(client: httpx2.Client, content: bytes) -> None:
    """A body that is no JSON object of text is the client's fault, never the server's."""
    response = log_in(client).post(_QUERY, content=content, headers={"Content-Type": "application/json"})
    assert problem(response)[0] in {400, 422}


@pytest.mark.parametrize("path", [_LOGIN, _QUERY])
def test_body_too_large(client: httpx2.Client, path: str) -> None:
    """A body above 64 KiB is refused, with or without a length announced."""
    kind = {"Content-Type": "application/x-www-form-urlencoded" if path == _LOGIN else "application/json"}
    log_in(client)
    whole = client.post(path, content=b"x" * 70_000, headers=kind)
    pieces = client.post(path, content=(b"x" * 10_000 for _ in range(7)), headers=kind)
    for response in (whole, pieces):
        assert problem(response) == (413, "too_large", "the body may hold 65536 bytes")


def test_wrong_turns(client: httpx2.Client) -> None:
    """An unknown path and a wrong method are refused in the same shape."""
    assert problem(client.get("/nowhere"))[:2] == (404, "not_found")
    wrong = client.get(_QUERY)
    assert problem(wrong)[:2] == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"


def test_health(client: httpx2.Client) -> None:
    """Anyone may see that the service is up, with what profile and over how many passages."""
    assert client.get("/health").json() == {"status": "ok", "profile": "strong", "passages": 7}


def test_written_answer(start: Start, configure: Configure) -> None:
    """A model's answer takes the extracted one's place; where nothing was found it is not asked."""
    client = log_in(start(create_app(configure(), writer=Played("At half past seven."))))
    body = client.post(_QUERY, json={"query": "When is the last boat?"}).json()
    assert (body["answer"], body["degraded"]) == (f"At half past seven. ({len(body['contexts'])})", False)
    body = client.post(_QUERY, json={"query": "zeppelin"}).json()
    assert (body["answer"], body["degraded"]) == ("The handbook does not say.", False)


@pytest.mark.slow
def test_degraded_answer(start: Start, configure: Configure) -> None:
    """Where the model cannot be reached, the pages' sentences answer, flagged, and the log says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = configure(LLM_BASE_URL=f"http://127.0.0.1:{port}/v1", LLM_MODEL="tiny")
    client = log_in(start(create_app(settings)))
    with kept_logs() as logs:
        body = client.post(_ENHANCED, json={"query": "When is the last boat?"}).json()
    assert (body["answer"], body["degraded"]) == ("The last boat is at 19:30.", True)
    assert body["degraded_by"] == ["llm"]
    assert "tiny: APIConnectionError" in logs.text


def test_writer_is_closed(configure: Configure) -> None:
    """The writer's connections are let go when the service stops."""
    writer = Played(PartRejection("unused"))
    app = create_app(configure(), writer=writer)

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert not writer.closed

    asyncio.run(live())
    assert writer.closed


def test_internal_error(configure: Configure) -> None:
    """An error nobody thought of shows the client neither its words nor its trace; the log says where it was."""
    app = create_app(configure(), writer=Played(RuntimeError("the secret of the vault")))
    # The trace is logged after the client was answered: it is there for certain once the server has ended.
    with kept_logs() as logs, running(app) as url, client_of(url) as client:
        response = log_in(client).post(_QUERY, json={"query": "ferry"})
    assert problem(response)[:2] == (500, "internal_error")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "RuntimeError" in logs.text
    assert "test_staging_api.py" in logs.text
    assert "secret" not in logs.text


def test_openapi_documents_refusals(client: httpx2.Client) -> None:
    """The description gives every refusal of the guarded endpoints its one shape, and says how to log in."""
    described = client.get("/openapi.json").json()
    for path in (_QUERY, _ENHANCED):
        operation = described["paths"][path]["post"]
        for status in ("401", "413", "422", "500"):
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ProblemReply"}
        assert operation["security"]


def test_no_corpus_no_service(configure: Configure) -> None:
    """A service without pages does not start."""
    with pytest.raises(CorpusError, match="no pages here"):
        create_app(configure(CORPUS="/nowhere/at/all"))


def test_nobody_is_sent_elsewhere(client: httpx2.Client) -> None:
    """A path without its slash is answered here; what somebody says of our host is not believed."""
    log_in(client)
    assert client.post("/api/v1/query", json={"query": "ferry"}).status_code == 200
    wrong = client.get("/health/", headers={"Host": "elsewhere.example.com"})
    assert problem(wrong)[0] == 404
    assert "Location" not in wrong.headers


def test_refusals_are_counted_as_what_they_are(start: Start, configure: Configure) -> None:
    """A body that is too large is the client's fault, in the numbers too."""
    client = start(create_app(configure()))
    client.post(_LOGIN, content=b"x" * 70_000, headers={"Content-Type": "application/x-www-form-urlencoded"})
    text = client.get("/metrics").text
    assert f'http_requests_total{{handler="{_LOGIN}",method="POST",status="4xx"}} 1.0' in text
    assert 'status="5xx"' not in text
