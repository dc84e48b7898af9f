"""Parts of requests as templates, in a sandbox."""

from typing import Any

import pytest
from support.login_service import CASE, LOGIN, ask, http, refused
from support.rag_server import RagServer

from rag_eval import targets
from rag_eval.errors import ConfigError
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget


def test_every_text_of_a_nested_body_is_a_template() -> None:
    """Dictionaries and lists are walked, other values are sent as they are, quotes need no escaping."""
    body = {
        "query": "{{ user_input }}",
        "options": {"k": 5, "tags": ["{{ tags[0] }}", "x"], "lang": "{{ metadata.lang }}", "stream": False},
        "none": None,
    }
    case = CASE.model_copy(update={"user_input": 'Say "hi" & {{ not_this }}'})
    with RagServer() as server:
        ask(http(server.url, body=body), case)
        (request,) = server.requests
    assert request.body == {
        "query": 'Say "hi" & {{ not_this }}',
        "options": {"k": 5, "tags": ["time", "x"], "lang": "en", "stream": False},
        "none": None,
    }


def test_what_one_case_lacks_is_an_error_of_that_case() -> None:
    """A template that asks for metadata that the case does not have fails before anything is sent."""
    with RagServer() as server:
        error = refused(http(server.url, body={"query": "{{ metadata.colour }}"}))
        assert not server.requests
    assert error.reason == "bad_template"
    assert "colour" in str(error)


def test_a_name_that_no_case_has_is_a_mistake_of_the_configuration() -> None:
    """It is told with the nearest and with all that there are; a template that is ready to miss it may name it."""
    with pytest.raises(
        ConfigError, match=r"target\.body\.q: no case has 'user_imput'\. Did you mean user_input\?"
    ) as error:
        HttpTarget(http("http://127.0.0.1:9", body={"q": "{{ user_imput }}"}))
    assert "metadata, session, history" in str(error.value)
    ready = {
        "q": "{{ lang | default('en') }}",
        "n": "{% if lang is defined %}{{ lang }}{% endif %}{{ range(2) | list }}",
    }
    HttpTarget(http("http://127.0.0.1:9", body=ready))


def test_a_text_that_is_one_expression_stands_for_what_that_is() -> None:
    """Messages are an array, a vector is a list of numbers, a number is one; with words around it all is text."""
    metadata = {
        "chat": [{"role": "user", "content": 'Say "hi"'}],
        "vector": [0.1, 2],
        "k": 5,
        "strict": True,
        "no": None,
    }
    case = CASE.model_copy(update={"metadata": metadata})
    body = {
        "messages": "{{ metadata.chat + [{'role': 'user', 'content': user_input}] }}",
        "vector": " {{ metadata.vector }} ",
        "k": "{{ metadata.k }}",
        "strict": "{{ metadata.strict }}",
        "no": "{{ metadata.no }}",
        "tags": "{{ tags }}",
        "roles": "{{ metadata.chat | map(attribute='role') }}",
        "history": "{{ history }}",
        "two": "{{ metadata.k }}{{ metadata.k }}",
        "text": "So far: {{ metadata.chat }}, strict: {{ metadata.strict }}",
    }
    with RagServer() as server:
        ask(http(server.url, body=body), case)
        (request,) = server.requests
    assert request.body == {
        "messages": [*metadata["chat"], {"role": "user", "content": case.user_input}],  # type: ignore[misc]
        "vector": [0.1, 2],
        "k": 5,
        "strict": True,
        "no": None,
        "tags": [*case.tags],
        "roles": ["user"],
        "history": [],
        "two": "55",
        "text": r'So far: [{"role": "user", "content": "Say \"hi\""}], strict: true',
    }


def test_lists_are_repeated_in_a_url_and_objects_go_as_json() -> None:
    """With GET, where the body is the query."""
    case = CASE.model_copy(update={"metadata": {"where": {"lang": "en"}}})
    body = {"query": "{{ user_input }}", "tags": "{{ ['a', 'b'] }}", "where": "{{ metadata.where }}"}
    with RagServer() as server:
        ask(http(server.url, method="GET", body=body), case)
        (request,) = server.requests
    assert request.query["where"] == '{"lang": "en"}'
    assert request.query["tags"] == "a"


def test_a_template_cannot_reach_into_the_process() -> None:
    """Templates run in a sandbox."""
    error = refused(http("http://127.0.0.1:9", body={"query": "{{ user_input.__class__.__mro__ }}"}))
    assert error.reason == "bad_template"


def test_a_broken_template_is_a_mistake_of_the_configuration() -> None:
    """It is told by its place when the target is made."""
    with pytest.raises(ConfigError, match=r"target\.body\.a\.b: is not a template"):
        HttpTarget(http("http://127.0.0.1:9", body={"a": {"b": "{{ user_input"}}))


def test_environment_variables_are_put_in_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """`${NAME}` works in the URL, the headers and the body."""
    monkeypatch.setenv("TENANT", "harbour")
    with RagServer() as server:
        said = http(
            f"{server.url}/${{TENANT}}",
            headers={"x-tenant": "${TENANT}"},
            body={"query": "q", "tenant": "${TENANT}", "mode": "${MODE:-fast}"},
        )
        ask(said)
        (request,) = server.requests
    assert (request.path, request.headers["x-tenant"]) == ("/harbour", "harbour")
    assert request.body == {"query": "q", "tenant": "harbour", "mode": "fast"}


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://${NO_SUCH}/"},
        {"headers": {"x": "${NO_SUCH}"}},
        {"body": {"deep": ["${NO_SUCH}"]}},
        {"auth": {"kind": "bearer", "token_env": "NO_SUCH"}},
        {"auth": {**LOGIN, "url": "http://x/login", "password_env": "NO_SUCH"}},
        {"auth": {**LOGIN, "url": "http://${NO_SUCH}/login"}},
    ],
)
def test_a_missing_variable_is_told_before_anything_is_sent(said: dict[str, Any]) -> None:
    """The message says what to export; `check` finds it as well as the target itself."""
    configured = HttpConfig.model_validate({"kind": "http", "url": "http://127.0.0.1:9", **said})
    with pytest.raises(ConfigError, match="export NO_SUCH="):
        targets.check(configured)
