"""The HTTP target: what is sent, how one is let in, streams, conversations, limits; on real sockets."""

import asyncio
import json
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from rag_eval.errors import ConfigError, ReasonedError
from rag_eval.records import THINKING, Answer, Case
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget
from rag_eval.targets.tracecontext import traceparent

CASE = Case(id="c 1", user_input="When does the ferry leave?", metadata={"lang": "en", "chat": "a"})
SECRET = "s3cret-0123456789-value"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_SECRET", SECRET)
    monkeypatch.setenv("RAG_USER", "ada")
    monkeypatch.setenv("RAG_BRACES", "{{ not_a_template }}-0123456789")
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)


@contextmanager
def serving(app: FastAPI, **tls: Any) -> Iterator[str]:
    """An application on a free port; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", **tls))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            pass
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def echo() -> tuple[FastAPI, list[dict[str, Any]]]:
    """A service that remembers what came and answers in good order."""
    app, came = FastAPI(), list[dict[str, Any]]()

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH"])
    async def ask(path: str, request: Request) -> dict[str, Any]:
        came.append({
            "method": request.method, "path": path, "query": dict(request.query_params),
            "headers": dict(request.headers), "body": (await request.body()).decode("utf-8", "replace"),
        })  # fmt: skip
        return {"answer": "At nine.", "docs": [{"t": "Nine.", "id": 7, "s": 0.9}], "tokens": {"prompt": 3}}

    return app, came


def http(url: str, **said: Any) -> HttpConfig:
    """A target's configuration."""
    return HttpConfig.model_validate({"kind": "http", "url": url, "breaker": None, "retries": 0, **said})


def ask_all(said: HttpConfig, *cases: Case, run_key: str | None = None) -> list[Answer | BaseException]:
    """Ask all cases at once."""

    async def scenario() -> list[Answer | BaseException]:
        async with HttpTarget(said, run_key=run_key) as target:
            return await asyncio.gather(*(target.answer(case) for case in cases), return_exceptions=True)

    return asyncio.run(scenario())


def ask(said: HttpConfig, case: Case = CASE, run_key: str | None = None) -> Answer:
    """The answer to one case."""
    (answer,) = ask_all(said, case, run_key=run_key)
    if isinstance(answer, BaseException):
        raise answer
    return answer


ask_one = ask
"""For tests whose service has an `ask` of its own."""


def refused(said: HttpConfig, case: Case = CASE) -> ReasonedError:
    """The error that asking one case ends with."""
    with pytest.raises(ReasonedError) as caught:
        ask(said, case)
    return caught.value


# What is sent


def test_url_query_and_headers_are_templates_too() -> None:
    """Fields of the case in every part; what an environment variable holds is never read as a template."""
    app, came = echo()
    with serving(app) as url:
        said = http(
            f"{url}/{{{{ metadata.lang }}}}/ask",
            headers={"X-Case": "{{ id }}", "X-Key": "${RAG_BRACES}"},
            query={"q": "{{ user_input }}", "k": "3"},
            method="GET",
            body=None,
        )
        ask(said)
    (request,) = came
    assert (request["method"], request["path"]) == ("GET", "en/ask")
    assert request["query"] == {"q": CASE.user_input, "k": "3"}
    assert (request["headers"]["x-case"], request["headers"]["x-key"]) == ("c 1", "{{ not_a_template }}-0123456789")


@pytest.mark.parametrize(
    ("said", "kind", "held"),
    [
        ({"send": "form"}, "application/x-www-form-urlencoded", "query=When+does"),
        ({"send": "multipart"}, "multipart/form-data", 'name="query"\r\n\r\nWhen does'),
        ({"send": "text", "body": "Q: {{ user_input }}"}, "", "Q: When does"),
        ({"body": {"q": ["{{ user_input }}", 3]}}, "application/json", '"When does the ferry leave?"'),
    ],
)
def test_bodies_of_every_kind(said: dict[str, Any], kind: str, held: str) -> None:
    """JSON, form, multipart, plain text."""
    app, came = echo()
    with serving(app) as url:
        ask(http(url, **said))
    assert came[0]["headers"].get("content-type", "").startswith(kind)
    assert held in came[0]["body"]


def test_files_go_in_a_multipart_body(tmp_path: Path) -> None:
    """By a path that may be a template; one that is not there is a failure with its name."""
    (tmp_path / "en.txt").write_text("of the file")
    app, came = echo()
    with serving(app) as url:
        said = http(url, send="multipart", files={"doc": f"{tmp_path}/{{{{ metadata.lang }}}}.txt"})
        ask(said)
        gone = refused(said.model_copy(update={"files": {"doc": "/nowhere.txt"}}))
    assert 'filename="en.txt"' in came[0]["body"]
    assert "of the file" in came[0]["body"]
    assert (gone.reason, "/nowhere.txt" in str(gone)) == ("bad_template", True)


def test_each_question_carries_its_trace() -> None:
    """The W3C header is made of the run and the case, so that the service's trace is found again."""
    app, came = echo()
    with serving(app) as url:
        ask(http(url), run_key="run-1")
        ask(http(url))
    assert came[0]["headers"]["traceparent"] == traceparent("run-1", CASE.id)
    assert "traceparent" not in came[1]["headers"]


def pick(body: Any) -> dict[str, Any]:
    """A selection of one's own."""
    return {"response": body["answer"].upper(), "retrieved_contexts": [doc["t"] for doc in body["docs"]]}


def test_what_is_picked_out_of_the_answer() -> None:
    """Scores and usage are kept with it; a function picks what no expression can."""
    app, _ = echo()
    select = {"response": "answer", "retrieved_context_ids": "docs[].id", "scores": "docs[].s", "usage": "tokens"}
    with serving(app) as url:
        answer = ask(http(url, select=select))
        own = ask(http(url, select={"use": f"{__name__}:pick"}))
    assert answer.retrieved_context_ids == ("7",)
    assert answer.metadata == {"scores": [0.9], "usage": {"prompt": 3}}
    assert (own.response, own.retrieved_contexts) == ("AT NINE.", ("Nine.",))
    with pytest.raises(ConfigError, match="cannot be imported"):
        HttpTarget(http("http://127.0.0.1:9", select={"use": "nowhere:at_all"}))


# How one is let in


def guarded(check: Callable[[Request], bool], **more: Any) -> FastAPI:
    """A service that lets in whom a check lets in."""
    app = FastAPI(**more)

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        ok = check(request)
        return Response(json.dumps({"answer": "At nine."}), 200 if ok else 401, media_type="application/json")

    return app


@pytest.mark.parametrize(
    ("auth", "check"),
    [
        ({"kind": "api_key", "key_env": "RAG_SECRET"}, lambda r: r.headers.get("x-api-key") == SECRET),
        ({"kind": "api_key", "key_env": "RAG_SECRET", "header": "Ocp"}, lambda r: r.headers.get("ocp") == SECRET),
        ({"kind": "api_key", "key_env": "RAG_SECRET", "query": "key"}, lambda r: r.query_params.get("key") == SECRET),
        ({"kind": "bearer", "token_env": "RAG_SECRET"}, lambda r: r.headers.get("authorization") == f"Bearer {SECRET}"),
        (
            {"kind": "basic", "username_env": "RAG_USER", "password_env": "RAG_SECRET"},
            lambda r: r.headers.get("authorization") == "Basic YWRhOnMzY3JldC0wMTIzNDU2Nzg5LXZhbHVl",
        ),
    ],
)
def test_keys_and_passwords(auth: dict[str, Any], check: Callable[[Request], bool]) -> None:
    """In a header of one's choice, in the URL, as a bearer token, as user and password."""
    with serving(guarded(check)) as url:
        assert ask(http(f"{url}/ask", auth=auth)).response == "At nine."


def tokens(life: float, *, refresh: bool = False) -> tuple[FastAPI, list[str]]:
    """A service whose tokens are good for so many requests, and say for how many seconds."""
    forms, good = list[str](), set[str]()
    app = guarded(lambda r: r.headers.get("authorization", "").removeprefix("Bearer ") in good)

    @app.post("/token")
    async def token(request: Request) -> dict[str, Any]:
        forms.append((await request.body()).decode())
        good.clear()
        good.add(made := f"token-{len(forms)}-0123456789")
        return {
            "access_token": made,
            "expires_in": life,
            **({"refresh_token": f"again-{len(forms)}"} if refresh else {}),
        }

    app.state.good = good
    return app, forms


def test_a_token_is_fetched_once_and_renewed_before_it_ends() -> None:
    """OAuth2 client credentials: one token for all questions at once; a second before the first has expired."""
    app, forms = tokens(life=1000)
    auth = {"kind": "oauth2", "client_id_env": "RAG_USER", "client_secret_env": "RAG_SECRET", "scope": "ask"}
    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(8)]
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**auth, "token_url": f"{url}/token"})
        assert all(isinstance(one, Answer) for one in ask_all(said, *cases))
    assert len(forms) == 1
    assert {"grant_type=client_credentials", "scope=ask", "client_id=ada"} <= set(forms[0].split("&"))
    short, forms = tokens(life=0.01)
    with serving(short) as url:
        said = http(f"{url}/ask", auth={**auth, "token_url": f"{url}/token"}, concurrency=1)

        async def twice() -> None:
            async with HttpTarget(said) as target:
                await target.answer(CASE)
                await asyncio.sleep(0.05)
                await target.answer(CASE)

        asyncio.run(twice())
    assert len(forms) == 2


def test_a_refused_token_is_replaced_by_the_refresh_token() -> None:
    """A 401 in the middle: the refresh token is used, not the password, and the question is answered."""
    app, forms = tokens(life=1000, refresh=True)
    login = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_SECRET"}
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**login, "url": f"{url}/token", "refresh_url": f"{url}/token"})

        async def scenario() -> Answer:
            async with HttpTarget(said) as target:
                await target.answer(CASE)
                app.state.good.clear()
                return await target.answer(CASE)

        assert asyncio.run(scenario()).response == "At nine."
    assert "password=" in forms[0]
    assert forms[1] == "grant_type=refresh_token&refresh_token=again-1"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server's certificate for 127.0.0.1, and a client's, made by openssl."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    commands = [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
        "req -newkey rsa:2048 -nodes -keyout client.key -out client.csr -subj /CN=client",
        "x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out client.pem -days 2",
    ]
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


def test_certificates_of_both_sides(certificates: Path) -> None:
    """An authority of one's own is known by `ca`, we by `cert`; without either the connection is refused."""
    app, _ = echo()
    files = {
        name: str(certificates / name) for name in ("ca.pem", "server.key", "server.pem", "client.pem", "client.key")
    }
    server = {"ssl_keyfile": files["server.key"], "ssl_certfile": files["server.pem"], "ssl_ca_certs": files["ca.pem"]}
    with serving(app, **server, ssl_cert_reqs=ssl.CERT_REQUIRED) as url:
        tls = {"ca": files["ca.pem"], "cert": files["client.pem"], "key": files["client.key"]}
        assert ask(http(url, tls=tls)).response == "At nine."
        assert refused(http(url)).reason == "connection"
        assert refused(http(url, tls={"ca": files["ca.pem"]})).reason == "connection"
    with pytest.raises(ConfigError, match=r"target\.tls"):
        HttpTarget(http("https://127.0.0.1:9", tls={"ca": "/nowhere.pem"}))


# Streams


def streaming(pieces: list[str], kind: str, *, seconds: float = 0.05) -> FastAPI:
    """A service that answers in pieces."""
    app = FastAPI()

    @app.post("/ask")
    async def ask() -> StreamingResponse:
        async def body() -> AsyncIterator[str]:
            for piece in pieces:
                await asyncio.sleep(seconds)
                yield piece

        return StreamingResponse(body(), media_type=kind)

    return app


SSE = [
    'data: {"delta": "At "}\n\n',
    ': a comment\n\ndata: {"delta": "nine."}\n\n',
    'data: {"contexts": [{"text": "Nine."}]}\n\n',
    "data: [DONE]\n\n",
]


def test_an_answer_in_events() -> None:
    """Pieces are put together, contexts come from whichever event has them, the first piece has its time."""
    stream = {"kind": "sse", "delta": "delta", "needs_done": True}
    with serving(streaming(SSE, "text/event-stream")) as url:
        answer = ask(http(f"{url}/ask", stream=stream, select={"retrieved_contexts": "contexts[].text"}))
    assert (answer.response, answer.retrieved_contexts) == ("At nine.", ("Nine.",))
    assert answer.first_token_s is not None
    assert answer.latency_s is not None
    assert 0.03 < answer.first_token_s < answer.latency_s - 0.03


def test_an_answer_in_lines() -> None:
    """NDJSON, also where a piece of the network ends in the middle of a line."""
    pieces = ['{"delta": "At "}\n{"del', 'ta": "nine."}\n', '{"contexts": [{"text": "Nine."}]}']
    stream = {"kind": "ndjson", "delta": "delta"}
    with serving(streaming(pieces, "application/x-ndjson")) as url:
        answer = ask(http(f"{url}/ask", stream=stream, select={"retrieved_contexts": "contexts[].text"}))
    assert (answer.response, answer.retrieved_contexts) == ("At nine.", ("Nine.",))


@pytest.mark.parametrize(
    ("pieces", "kind", "reason"),
    [
        (SSE[:1], "text/event-stream", "cut_off"),
        (["data: nonsense\n\n"], "text/event-stream", "not_json"),
        (["data: [DONE]\n\n"], "text/event-stream", "no_answer"),
        (["event: error\ndata: overloaded\n\n"], "text/event-stream", "service_error"),
        (['{"answer": "At nine."}'], "application/json", "not_a_stream"),
    ],
)
def test_a_stream_that_goes_wrong(pieces: list[str], kind: str, reason: str) -> None:
    """Cut off before its end, no JSON, no text, an error event, no stream at all."""
    stream = {"kind": "sse", "delta": "delta", "needs_done": True}
    with serving(streaming(pieces, kind, seconds=0)) as url:
        assert refused(http(f"{url}/ask", stream=stream)).reason == reason


def test_what_is_thought_first_takes_no_part() -> None:
    """Left out on request, of the text and of the time to its first piece; kept, it is marked."""
    pieces = [f"data: {json.dumps({'delta': text})}\n\n" for text in ("<think>Six", "?</th", "ink>", " At six", ".")]
    stream = {"kind": "sse", "delta": "delta"}
    with serving(streaming(pieces, "Text/Event-Stream")) as url:
        kept = ask(http(f"{url}/ask", stream=stream, select={}))
        dropped = ask(http(f"{url}/ask", stream=stream, select={"thinking": "drop"}))
    assert (kept.response, kept.metadata[THINKING]) == ("<think>Six?</think> At six.", True)
    assert (dropped.response, dropped.metadata[THINKING]) == ("At six.", False)
    assert kept.first_token_s is not None
    assert dropped.first_token_s is not None
    assert kept.first_token_s < 0.15 < dropped.first_token_s


# Conversations


def test_turns_of_a_conversation_keep_order_session_and_cookies() -> None:
    """Two conversations at once: each turn knows those before it, and none of the other conversation."""
    app, came = FastAPI(), list[tuple[Any, Any, Any]]()

    @app.post("/ask")
    async def ask(request: Request, response: Response) -> dict[str, Any]:
        body = await request.json()
        came.append((body["query"], body["session"], request.cookies.get("chat")))
        await asyncio.sleep(0.02)
        response.set_cookie("chat", body["query"][0])
        return {"answer": f"{len(body['history'])} before", "sid": f"s-{body['query'][0]}"}

    body = {"query": "{{ user_input }}", "session": "{{ session or '' }}", "history": []}
    cases = [Case(id=f"{name}{n}", user_input=f"{name}{n}", metadata={"chat": name}) for n in range(3) for name in "ab"]
    with serving(app) as url:
        said = http(f"{url}/ask", body=body, conversation="metadata.chat", select={"session": "sid"})
        answers = ask_all(said, *cases)
    assert all(isinstance(one, Answer) for one in answers)
    for name in "ab":
        mine = [one for one in came if one[0].startswith(name)]
        assert mine == [(f"{name}0", "", None), (f"{name}1", f"s-{name}", name), (f"{name}2", f"s-{name}", name)]


def test_a_turn_after_a_failed_one_is_not_asked() -> None:
    """It would be another question; the failure says so."""
    app, came = FastAPI(), list[str]()

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        came.append((await request.json())["query"])
        return Response("{}", 500)

    cases = [Case(id=f"a{n}", user_input=f"a{n}", metadata={"chat": "a"}) for n in range(2)]
    with serving(app) as url:
        first, second = ask_all(http(f"{url}/ask", conversation="metadata.chat"), *cases)
    assert isinstance(first, ReasonedError)
    assert isinstance(second, ReasonedError)
    assert (first.reason, second.reason) == ("http_status", "earlier_turn_failed")
    assert came == ["a0"]


# Limits


def test_a_service_that_must_not_be_asked_twice() -> None:
    """What may have been taken on is not tried again; what was refused for load is."""
    app, came = FastAPI(), list[int]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        return Response("{}", 503 if len(came) == 1 else 502)

    with serving(app) as url:
        error = refused(http(f"{url}/ask", idempotent=False, retries=3))
    assert (error.reason, len(came)) == ("http_status", 2)


def test_who_sends_us_on_has_taken_it_on() -> None:
    """What goes wrong after a redirect is no reason to ask again, whatever it would mean without one."""
    app, came, told = FastAPI(), list[int](), list[bool]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        return Response(status_code=303, headers={"Location": "/result"})

    @app.get("/result")
    async def result() -> Response:
        return Response("{}", 503, {"Retry-After": "0"})

    with serving(app) as url:
        said = http(f"{url}/ask", idempotent=False, retries=3)

        async def scenario() -> Answer:
            async with HttpTarget(said, sending=lambda _, *, sent: told.append(sent)) as target:
                return await target.answer(CASE)

        with pytest.raises(ReasonedError) as caught:
            asyncio.run(scenario())
    assert (caught.value.reason, len(came), told) == ("http_status", 1, [True])


def test_a_deadline_ends_all_tries() -> None:
    """However many retries are left."""
    app = FastAPI()

    @app.post("/ask")
    async def ask() -> Response:
        await asyncio.sleep(0.1)
        return Response("{}", 503)

    with serving(app) as url:
        error = refused(http(f"{url}/ask", retries=50, deadline=0.35))
    assert error.reason == "deadline"
    assert error.attempts < 8


def test_redirects_on_the_same_host_are_followed() -> None:
    """With the question and the credentials; a circle ends."""
    app, came = FastAPI(), list[Any]()

    @app.post("/old")
    async def old() -> Response:
        return Response(status_code=307, headers={"location": "/ask"})

    @app.post("/ask")
    async def new(request: Request) -> dict[str, str]:
        came.append((await request.json(), request.headers.get("authorization")))
        return {"answer": "At nine."}

    @app.post("/round")
    async def round_() -> Response:
        return Response(status_code=308, headers={"location": "/round"})

    auth = {"kind": "bearer", "token_env": "RAG_SECRET"}
    with serving(app) as url:
        assert ask(http(f"{url}/old", auth=auth)).response == "At nine."
        assert refused(http(f"{url}/round")).reason == "http_status"
    assert came == [({"query": CASE.user_input}, f"Bearer {SECRET}")]


@pytest.mark.parametrize(
    "said",
    [
        {"rate": "often"},
        {"send": "text"},
        {"send": "form", "body": "x"},
        {"files": {"a": "b"}},
        {"stream": {"kind": "sse", "delta": "[["}},
        {"conversation": "[["},
        {"rate_storage": "carrier-pigeon://coop", "rate": "1/second"},
    ],
)
def test_settings_that_cannot_be_used(said: dict[str, Any]) -> None:
    """Each is a `ConfigError` before the first question."""
    with pytest.raises((ConfigError, ValidationError)):
        HttpTarget(http("http://127.0.0.1:9", **said))


def test_no_case_can_lead_its_question_elsewhere() -> None:
    """Whatever stands in a field stays inside the part of the address that it was put into."""
    app, came = echo()
    case = CASE.model_copy(update={"user_input": "What is A? And #2/../x", "metadata": {"tenant": "evil.example/x?"}})
    with serving(app) as url:
        ask(http(f"{url}/ask/{{{{ user_input }}}}"), case)
        assert came[0]["path"] == "ask/What is A? And #2/../x"
        assert came[0]["query"] == {"query": case.user_input} or not came[0]["query"]
        elsewhere = refused(http("http://{{ metadata.tenant }}.invalid/ask", timeout=2), case)
    assert elsewhere.reason == "connection"
    assert len(came) == 1
    with pytest.raises(ConfigError, match="inside a Jinja expression"):
        HttpTarget(http("http://127.0.0.1:9", body={"q": '{{ user_input ~ "${RAG_USER}" }}'}))


def test_a_login_that_fails_once_does_not_end_the_run() -> None:
    """A 500 of the login is tried again; only a refusal is for good."""
    app, forms = tokens(life=1000)
    came = list[int]()

    @app.post("/second")
    async def second() -> Response:
        came.append(1)
        if len(came) == 1:
            return Response(status_code=500)
        made = "token-again-0123456789"
        app.state.good.add(made)
        return Response(json.dumps({"access_token": made}), media_type="application/json")

    login = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_SECRET"}
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**login, "url": f"{url}/second"}, retries=2)
        assert all(isinstance(one, Answer) for one in ask_all(said, CASE, CASE.model_copy(update={"id": "c2"})))
    assert len(came) == 2
    assert not forms


def test_an_outage_is_no_fault_of_the_questions() -> None:
    """While the breaker pauses, no question loses a try, also with none to lose; the login waits as well."""
    app, came = FastAPI(), list[int]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        ok = len(came) > 12
        return Response(json.dumps({"answer": "At nine."}), 200 if ok else 503, media_type="application/json")

    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(10)]
    breaker = {"failures": 2, "recovery": 0.05, "patience": 30}
    with serving(app) as url:
        answers = ask_all(http(f"{url}/ask", breaker=breaker, retries=0, concurrency=2), *cases)
    lost = [one for one in answers if not isinstance(one, Answer)]
    assert len(lost) <= 2, "only those that failed before the circuit opened"


def test_a_named_time_holds_for_all_questions() -> None:
    """After `Retry-After: 1` nobody asks for a second."""
    app, came = FastAPI(), list[float]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(asyncio.get_running_loop().time())
        if len(came) == 1:
            return Response(status_code=429, headers={"retry-after": "1"})
        return Response(json.dumps({"answer": "At nine."}), media_type="application/json")

    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(4)]
    with serving(app) as url:
        assert all(isinstance(one, Answer) for one in ask_all(http(f"{url}/ask", retries=2, concurrency=1), *cases))
    assert came[1] - came[0] >= 0.95


def test_secrets_in_ids_and_extras_are_masked() -> None:
    """A service that repeats the token in whatever is kept is not repeated there; a name of a company is no secret."""
    app = FastAPI()

    @app.post("/ask")
    async def ask(request: Request) -> dict[str, Any]:
        said = request.headers["authorization"]
        return {"answer": "Acme Insurance Group covers it.", "ids": [said], "tokens": {said: [said, float("inf") > 1]}}

    select = {"retrieved_context_ids": "ids", "usage": "tokens"}
    auth = {"kind": "bearer", "token_env": "RAG_SECRET"}
    with pytest.MonkeyPatch.context() as patch, serving(app) as url:
        patch.setenv("COMPANY", "Acme Insurance Group")
        answer = ask_one(http(f"{url}/ask", select=select, auth=auth, headers={"X-Company": "${COMPANY}"}))
    assert SECRET not in answer.model_dump_json()
    assert answer.response == "Acme Insurance Group covers it."


def test_latency_counts_the_hops_of_a_redirect() -> None:
    """What a redirect takes is part of what the user waits."""
    app = FastAPI()

    @app.post("/old")
    async def old() -> Response:
        await asyncio.sleep(0.2)
        return Response(status_code=307, headers={"location": "/ask"})

    @app.post("/ask")
    async def new() -> dict[str, str]:
        return {"answer": "At nine."}

    with serving(app) as url:
        answer = ask(http(f"{url}/old", send="multipart"))
    assert answer.latency_s is not None
    assert answer.latency_s >= 0.2
