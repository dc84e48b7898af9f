"""What must not be repeated, in messages and in answers."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from support.login_service import PASSWORD, TOKEN, Guarded, answering, ask, guarded, http, refused
from support.rag_server import RagServer, Request, Response

from rag_eval.errors import ConfigError


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_secrets_are_not_repeated_in_messages(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that echoes all it was sent cannot make a message hold a token, a header's or a body's secret."""
    monkeypatch.setenv("API_KEY", 'k3y "quoted" 0123456789')
    monkeypatch.setenv("BODY_KEY", "b0dy-0123456789")
    monkeypatch.setenv("URL_KEY", "ur1-0123456789")

    def echo(request: Request) -> Response:
        return Response(status, {"path": request.path, "query": request.query, "h": request.headers, "b": request.body})

    with RagServer(echo) as server:
        said = http(
            f"{server.url}/${{URL_KEY}}?key=${{URL_KEY}}",
            headers={"x-key": "${API_KEY}"},
            body={"key": "${BODY_KEY}"},
            auth={"kind": "bearer", "token_env": "RAG_TOKEN"},
            retries=0,
        )
        message = str(refused(said))
    for secret in (TOKEN, "k3y", "quoted", "b0dy-0123456789", "ur1-0123456789"):
        assert secret not in message


@pytest.mark.slow
def test_a_secret_at_the_end_of_a_quote_is_not_cut_in_two() -> None:
    """Masking comes before shortening: no beginning of a token is left at the edge."""
    with RagServer() as server:
        for padding in range(130, 160):
            server.answer = answering(Response(500, ("x" * padding + TOKEN).encode()))
            message = str(refused(http(server.url, auth={"kind": "bearer", "token_env": "RAG_TOKEN"})))
            assert TOKEN[:4] not in message


def test_a_password_is_masked_however_it_is_written_back() -> None:
    """JSON escapes and URL encoding do not bring a password through."""
    service = Guarded()

    def echo(request: Request) -> Response:
        if request.path == "/login":
            return service(request)
        said = f"{PASSWORD} {json.dumps(PASSWORD)} pa%24%24%20w%22ord%2Fwith%25signs pa%24%24+w%22ord%2Fwith%25signs"
        return Response(500, said.encode())

    with RagServer(echo) as server:
        message = str(refused(guarded(server)))
    assert message.endswith('*** "***" *** ***')


def test_a_token_in_an_answer_is_masked() -> None:
    """An answer goes to a judge and into reports; a service that repeats its token there is not repeated."""

    def echo(request: Request) -> Response:
        said = f"You sent {request.headers['authorization']}."
        return Response(body={"answer": said, "contexts": [{"id": "1", "text": said}]})

    with RagServer(echo) as server:
        answer = ask(http(server.url, auth={"kind": "bearer", "token_env": "RAG_TOKEN"}))
    assert answer.response == "You sent Bearer ***."
    assert TOKEN not in answer.model_dump_json()


def test_a_short_password_leaves_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is a word does not change what was said."""
    monkeypatch.setenv("RAG_PASSWORD", "ferry")
    with RagServer(Guarded()) as server:
        assert "ferry" in str(ask(guarded(server)).response)


def test_a_secret_in_an_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that nobody answers at is told as it was configured."""
    monkeypatch.setenv("SECRET_PART", "s3cret-part")
    for url in ("http://127.0.0.1:9/?key=${SECRET_PART}", "http://a:${SECRET_PART}/"):
        error = refused(http(url, retries=0))
        assert (error.reason, "s3cret" in str(error)) == ("connection", False)
    with pytest.raises(ConfigError, match="is asked over HTTP, not ftp") as caught:
        refused(http("ftp://${SECRET_PART}@x/"))
    assert "s3cret" not in str(caught.value)


_CANARIES = {
    "CANARY_AUTH": "canary-auth-$1 $",
    "CANARY_HEADER": "canary/header+1234567890",
    "CANARY_TEAM": "aB3dE5gH7jK9mN1pQ3sT5vX7",
    "CANARY_COOKIE": "session=canary-cookie-12",
    "CANARY_QUERY": "canary query&2=1",
    "CANARY_QUERY_LOOK": "zY3xW5vU7tS9rQ1pO3nM5lK7",
    "CANARY_URL_QUERY": "canary-url-query-77",
    "CANARY_USER": "canary%user-123456",
    "CANARY_BODY_LOOK": "kL3mN5oP7qR9sT1uV3wX5yZ7",
    "CANARY_BODY": 'canary-body-"3"-abcdef',
    "CANARY_SHORT": "s3c9!",
}


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("how", ["as it is", "JSON", "JSON in JSON", "every sign", "address"])
def test_nothing_that_was_sent_comes_back(status: int, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that repeats all it was sent, escaped in any way, puts no secret into an answer or a message."""
    for name, value in _CANARIES.items():
        monkeypatch.setenv(name, value)
    ways: dict[str, Callable[[str], str]] = {
        "as it is": str,
        "JSON": json.dumps,
        "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
        "every sign": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text),
        "address": lambda text: quote(text, safe=""),
    }
    write = ways[how]

    def echo(request: Request) -> Response:
        said = " ; ".join(map(write, _CANARIES.values()))
        assert request.query["team"] == _CANARIES["CANARY_QUERY_LOOK"]
        answer = {"answer": f"You sent {said}.", "contexts": [{"id": said, "text": said}], "usage": {said: said}}
        return Response(status, body=answer)

    with RagServer(echo) as server:
        place = server.url.removeprefix("http://")
        said = http(
            f"http://ada:${{CANARY_USER}}@{place}/ask?key=${{CANARY_URL_QUERY}}",
            headers={
                "X-Api-Key": "${CANARY_HEADER}",
                "X-Team": "${CANARY_TEAM}",
                "Cookie": "${CANARY_COOKIE}",
                "X-Auth": "${CANARY_SHORT}",
            },
            query={"sig": "${CANARY_QUERY}", "team": "${CANARY_QUERY_LOOK}"},
            body={"query": "{{ user_input }}", "with": "${CANARY_BODY_LOOK}", "api_key": "${CANARY_BODY}"},
            select={
                "response": "answer",
                "retrieved_contexts": "contexts[].text",
                "retrieved_context_ids": "contexts[].id",
                "usage": "usage",
            },
            auth={"kind": "bearer", "token_env": "CANARY_AUTH"},
            retries=0,
        )
        text = ask(said).model_dump_json() if status == 200 else str(refused(said))
    assert "***" in text
    for value in _CANARIES.values():
        for written in (value, write(value), json.dumps(value)[1:-1], json.dumps(write(value))[1:-1]):
            assert written not in text
