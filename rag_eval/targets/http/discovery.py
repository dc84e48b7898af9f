"""How an unknown service wants to be asked, and where it answers: found by asking it one question.

Its own description (`/openapi.json`) is read where it has one, else the words in which it refuses a body, else the
usual names are tried. What is found is a proposal for a person to look at.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from rag_eval.targets.http import signs
from rag_eval.targets.http.shapes import select_of
from rag_eval.targets.http.stream_discovery import stream_of

QUESTION = "{{ user_input }}"
_QUESTIONS = ("question", "query", "prompt", "user_input", "input", "message", "text", "q", "search", "content")
"""What the question is usually called, the likeliest first."""
_MOST_REQUESTS = 8
_SECONDS = 30.0
_NO_CONTEXTS = "no contexts were found in its answer: see select"
_UNPROCESSABLE = frozenset({400, 422, 500})
"""Statuses of a body that a service cannot use; with the last it has not looked at it first."""
_CHATS = "/chat/completions"
_GRAPHQL = re.compile(r"/graphql/?$|\bgraphql\b|Syntax Error: ", re.IGNORECASE)
_GRAPHQL_BODY = {
    "query": "query ($question: String!) { ask(question: $question) { answer contexts { id text } } }",
    "variables": {"question": QUESTION},
}
_ITS = "its fields, and where they stand in the answer"
_STREAMS = re.compile(r"\bstream(?:ing|ed|s)?\b", re.IGNORECASE)
_REFUSED = frozenset({401, 403})


@dataclass
class ServiceSketch:
    """What was found of a service."""

    body: Any = field(default_factory=lambda: {"query": QUESTION})
    """What it is asked with, as a template."""
    select: dict[str, str] = field(default_factory=lambda: {"response": "answer"})
    """Where its answer holds what, as JMESPath."""
    stream: dict[str, str] | None = None
    """How its answer comes in pieces, as `target.stream`; None where it comes whole."""
    answered: bool = False
    """Whether both are from an answer that came, and no guess."""
    remarks: list[str] = field(default_factory=list)


def discover(url: str, question: str, transport: httpx2.BaseTransport | None = None) -> ServiceSketch:
    """Ask a service one question, in at most eight ways until one is answered; raises nothing."""
    with httpx2.Client(timeout=_SECONDS, follow_redirects=False, transport=transport) as client:
        try:
            return _found(client, url, question)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            why = f"{type(error).__name__}: {error}"
            return ServiceSketch(remarks=[f"{url} could not be asked ({why}): body and select are guesses"])


def _found(client: httpx2.Client, url: str, question: str) -> ServiceSketch:
    described = _described(client, url)
    left = [described] if described else []
    left += [{name: QUESTION} for name in _QUESTIONS[:5]] + [{"messages": [{"role": "user", "content": QUESTION}]}]
    if url.rstrip("/").endswith(_CHATS):
        left.insert(0, _chat(client, url))
    first, status, words = left[0], 0, ""
    for _ in range(_MOST_REQUESTS):
        if not left:
            break
        body = left.pop(0)
        response = client.post(url, json=_filled(body, question))
        status, words = response.status_code, " ".join(response.text.split())[:200]
        if response.is_success:
            if not (trouble := _trouble(response)):
                return _of_answer(response, body, question)
            words = trouble
        elif status not in _UNPROCESSABLE:
            break
        if wanted := _wanted(response, body):
            left.insert(0, wanted)
    hint = "; it wants credentials: set target.auth" if status in _REFUSED else ""
    remark = f"{url} answered {status}: {words.rstrip('.')}{hint}. Body and select are guesses"
    if _GRAPHQL.search(url) or _GRAPHQL.search(words):
        return ServiceSketch(
            _GRAPHQL_BODY, {"response": "data.ask.answer"}, remarks=[f"{remark}: name your query, {_ITS}"]
        )
    return ServiceSketch(body=first if first != {_QUESTIONS[0]: QUESTION} else {"query": QUESTION}, remarks=[remark])


def _of_answer(response: httpx2.Response, body: Any, question: str) -> ServiceSketch:
    """What an answer shows; where nothing can be made out in it the paths stay guesses."""
    kind = response.headers.get("content-type", "no content type")
    if streamed := stream_of(response.content, kind, question):
        remarks = [] if "retrieved_contexts" in streamed.select else [_NO_CONTEXTS]
        return ServiceSketch(body, streamed.select, streamed.stream, answered=True, remarks=remarks)
    try:
        select = select_of(response.json(), question)
    except ValueError:
        return ServiceSketch(body, remarks=[f"its answer is no JSON but {kind}: see target.receive and target.stream"])
    if "response" not in select:
        return ServiceSketch(body, remarks=[f"no text in its answer looks like one: {response.text[:200]}"])
    remarks = [] if "retrieved_contexts" in select else [_NO_CONTEXTS]
    return ServiceSketch(body, select, answered=True, remarks=remarks)


def _trouble(response: httpx2.Response) -> str:
    """What an answer says went wrong although its status says that nothing did."""
    try:
        trouble = signs.trouble(signs.event("", response.json()))
    except (ValueError, RecursionError):
        return ""
    return trouble.message if trouble else ""


def _filled(body: Any, question: str) -> Any:
    match body:
        case dict():
            return {key: _filled(value, question) for key, value in body.items()}
        case list():
            return [_filled(value, question) for value in body]
        case _:
            return question if body == QUESTION else body


def _chat(client: httpx2.Client, url: str) -> Any:
    """The body that OpenAI's chats take, with the first model that the service has."""
    body: dict[str, Any] = {"messages": [{"role": "user", "content": QUESTION}]}
    with suppress(httpx2.HTTPError, ValueError, LookupError, TypeError):
        models = client.get(f"{url.rstrip('/').removesuffix(_CHATS)}/models").json()["data"]
        return {"model": str(models[0]["id"]), **body}
    return body


def _wanted(response: httpx2.Response, body: Any) -> Any:
    """The body that a refusal asks for: with what it says is missing, or as a stream; None where it says neither."""
    if missing := _missing(response):
        wanted = {**dict.fromkeys(missing, QUESTION)}
        return wanted if wanted != body else None
    if isinstance(body, dict) and "stream" not in body and _STREAMS.search(response.text):
        return {**body, "stream": True}
    return None


def _missing(response: httpx2.Response) -> list[str]:
    """The fields that a refusal says are missing, as FastAPI does."""
    with suppress(ValueError, AttributeError, TypeError, LookupError):
        problems = response.json()["detail"] if isinstance(response.json(), dict) else []
        return [each["loc"][-1] for each in problems if each.get("type", "").endswith("missing") and each.get("loc")]
    return []


def _described(client: httpx2.Client, url: str) -> Any:
    """The body that a service's own description asks for; None where it has none."""
    address = httpx2.URL(url)
    with suppress(httpx2.HTTPError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
        described = client.get(address.copy_with(path="/openapi.json", query=None)).json()
        paths = {path.rstrip("/"): methods for path, methods in described["paths"].items()}
        content = paths[address.path.rstrip("/")]["post"]["requestBody"]["content"]
        return _body_of(_resolved(content["application/json"]["schema"], described), described)
    return None


def _body_of(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Any:
    fields = {name: _resolved(each, described) for name, each in schema["properties"].items()}
    if "messages" in fields:
        return {"messages": [{"role": "user", "content": QUESTION}]}
    texts = [name for name, each in fields.items() if each.get("type") == "string"]
    required = [name for name in texts if name in schema.get("required", ())]
    known = [name for name in _QUESTIONS if name in texts]
    name = next(iter([*known, *required, *texts]))
    return {name: QUESTION}


def _resolved(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    resolved: Any = schema
    if "$ref" in schema:
        resolved = described
        for step in schema["$ref"].removeprefix("#/").split("/"):
            resolved = resolved[step]
    return dict(resolved)
