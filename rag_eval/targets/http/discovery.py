"""How an unknown service wants to be asked, and where it answers: found by asking it one question.

Its own description (`/openapi.json`) is read where it has one, else the words in which it refuses a body, else the
usual names are tried. What is found is a proposal for a person to look at.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import httpx2

QUESTION = "{{ user_input }}"
_QUESTIONS = ("question", "query", "prompt", "user_input", "input", "message", "text", "q", "search", "content")
"""What the question is usually called, the likeliest first."""
_ANSWERS = (
    "answer", "response", "reply", "completion", "generated_text", "output_text", "output", "result", "message", "text",
    "content",
)  # fmt: skip
_CONTEXTS = frozenset({
    "contexts", "context", "retrieved_contexts", "sources", "source_documents", "source_nodes", "documents", "docs",
    "passages", "chunks", "evidence", "citations", "references", "retrieved", "hits", "results", "matches", "nodes",
})  # fmt: skip
_TEXTS = ("text", "content", "page_content", "pageContent", "passage", "chunk", "snippet", "body", "excerpt")
_IDS = ("id", "doc_id", "document_id", "docId", "documentId", "chunk_id", "node_id", "id_", "_id", "key", "uri", "url",
        "source", "filepath", "path", "metadata.id", "metadata.doc_id", "metadata.source")  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_MOST_REQUESTS = 8
_DEEPEST = 4
_SECONDS = 30.0
_UNPROCESSABLE = frozenset({400, 422})
_REFUSED = frozenset({401, 403})


@dataclass
class ServiceSketch:
    """What was found of a service."""

    body: Any = field(default_factory=lambda: {"query": QUESTION})
    """What it is asked with, as a template."""
    select: dict[str, str] = field(default_factory=lambda: {"response": "answer"})
    """Where its answer holds what, as JMESPath."""
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
    status, words = 0, ""
    for _ in range(_MOST_REQUESTS):
        if not left:
            break
        body = left.pop(0)
        response = client.post(url, json=_filled(body, question))
        status, words = response.status_code, " ".join(response.text.split())[:200]
        if response.is_success:
            return _of_answer(response, body, question)
        if status not in _UNPROCESSABLE:
            break
        missing = _missing(response)
        if missing and (wanted := {**dict.fromkeys(missing, QUESTION)}) != body:
            left.insert(0, wanted)
    hint = "; it wants credentials: set target.auth" if status in _REFUSED else ""
    remark = f"{url} answered {status}: {words}{hint}. Body and select are guesses"
    return ServiceSketch(body=described or {"query": QUESTION}, remarks=[remark])


def _of_answer(response: httpx2.Response, body: Any, question: str) -> ServiceSketch:
    """What an answer shows; where nothing can be made out in it the paths stay guesses."""
    try:
        select = select_of(response.json(), question)
    except ValueError:
        kind = response.headers.get("content-type", "no content type")
        return ServiceSketch(body, remarks=[f"its answer is no JSON but {kind}: see target.receive and target.stream"])
    if "response" not in select:
        return ServiceSketch(body, remarks=[f"no text in its answer looks like one: {response.text[:200]}"])
    remarks = [] if "retrieved_contexts" in select else ["no contexts were found in its answer: see select"]
    return ServiceSketch(body, select, answered=True, remarks=remarks)


def _filled(body: Any, question: str) -> Any:
    match body:
        case dict():
            return {key: _filled(value, question) for key, value in body.items()}
        case list():
            return [_filled(value, question) for value in body]
        case _:
            return question if body == QUESTION else body


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


def select_of(body: Any, question: str) -> dict[str, str]:
    """Where a body holds an answer and contexts, as far as that can be made out."""
    if isinstance(body, str):
        return {"response": "@"}
    lists = [*_lists(body)]
    best = max(lists, key=lambda each: each[0], default=None)
    select: dict[str, str] = {}
    inside = ""
    if best is not None:
        _, inside, items = best
        select = _of_contexts(inside, items)
    texts = [
        (path, key, text)
        for path, key, text in _texts(body)
        if text.strip() != question.strip() and not (inside and path.startswith(inside))
    ]
    if texts:
        path, _, _ = min(texts, key=lambda each: (_rank(each[1], _ANSWERS), -len(each[2])))
        select = {"response": path, **select}
    return select


def _of_contexts(path: str, items: list[Any]) -> dict[str, str]:
    if isinstance(items[0], str):  # words are texts, names of files are ids
        return {"retrieved_contexts" if any(" " in item for item in items) else "retrieved_context_ids": path}
    select = {"retrieved_contexts": f"{path}[].{_text_of(items)}"}
    for place in _IDS:
        name, _, inner = place.partition(".")
        values = [part.get(inner) if isinstance(part := item.get(name), dict) else part for item in items]
        if all(isinstance(value, str | int) for value in values) and place != _text_of(items):
            select["retrieved_context_ids"] = f"{path}[].{place}"
            break
    return select


def _text_of(items: list[Any]) -> str:
    """The path of the text in the objects of a list; empty where none of them has one."""
    paths = [path for path, _, _ in _texts(items[0]) if path]
    lengths = {path: fmean(len(text) for item in items for p, _, text in _texts(item) if p == path) for path in paths}
    ranked = sorted(lengths, key=lambda path: (_rank(path.rpartition(".")[2], _TEXTS), -lengths[path]))
    return ranked[0] if ranked else ""


def _lists(
    value: Any, path: str = "", key: str = "", deep: int = _DEEPEST
) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """The lists that may be contexts, each with how likely it is, and its path."""
    if isinstance(value, dict) and deep:
        for name, inner in value.items():
            yield from _lists(inner, _join(path, name), name, deep - 1)
    elif isinstance(value, list) and value and key:
        known = key.lower() in _CONTEXTS
        if known and all(isinstance(each, str) for each in value):
            yield (True, fmean(map(len, value))), path, value
        elif all(isinstance(each, dict) for each in value) and (text := _text_of(value)):
            is_message = any("role" in each for each in value)
            if known or (text in _TEXTS and not is_message):
                yield (known, float(len(value))), path, value
        elif isinstance(value[0], dict):
            yield from _lists(value[0], f"{path}[0]", key, deep - 1)


def _texts(value: Any, path: str = "", key: str = "", deep: int = _DEEPEST + 2) -> Iterator[tuple[str, str, str]]:
    """Path, key and text of each text in a body, of lists those in the first element."""
    if isinstance(value, str):
        if value.strip():
            yield path, key, value
    elif isinstance(value, dict) and deep:
        for name, inner in value.items():
            yield from _texts(inner, _join(path, name), name, deep - 1)
    elif isinstance(value, list) and value and deep:
        yield from _texts(value[0], f"{path}[0]", key, deep - 1)


def _rank(key: str, names: tuple[str, ...]) -> int:
    plain = key.strip('"').lower()
    return next((place for place, name in enumerate(names) if name.lower() == plain), len(names))


def _join(path: str, name: str) -> str:
    return f"{path}.{_step(name)}" if path else _step(name)


def _step(name: str) -> str:
    """A key as JMESPath writes it."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
