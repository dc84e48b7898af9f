"""How a service streams is found in one of its answers."""

import json
from typing import Any

import pytest

from rag_eval.targets.http.stream_discovery import stream_of

ASKED = "When does the pool open?"
PIECES = ("The pool ", "opens ", "at six.")
DOCS = [{"text": "It opens at six.", "id": "a"}, {"text": "Towels cost two euros.", "id": "b"}]


def _chunk(**choice: Any) -> dict[str, Any]:
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, **choice}]}


OPENAI = [
    {**_chunk(delta={"role": "assistant"}), "citations": [{"title": "Hours", "snippet": "It opens at six."}]},
    *(_chunk(delta={"content": piece}, finish_reason=None) for piece in PIECES),
    _chunk(delta={}, finish_reason="stop"),
]
TYPED = [
    {"type": "sources", "documents": DOCS},
    *({"type": "token", "token": piece} for piece in PIECES),
    {"type": "done"},
]
LINES = [*({"model": "m", "response": piece, "done": False} for piece in PIECES), {"model": "m", "done": True}]
CONTEXTS = {"retrieved_contexts": "documents[].text", "retrieved_context_ids": "documents[].id"}
STREAMS: dict[str, tuple[str, list[Any], str, dict[str, str] | None, dict[str, str]]] = {
    "OpenAI's": ("text/event-stream; charset=utf-8", OPENAI, "[DONE]",
                 {"kind": "sse", "delta": "choices[0].delta.content"}, {"retrieved_contexts": "citations[].snippet"}),
    "with types": ("Text/Event-Stream", TYPED, "", {"kind": "sse", "delta": "token"}, CONTEXTS),
    "Ollama's": ("application/x-ndjson", LINES, "", {"kind": "ndjson", "delta": "response"}, {}),
    "plain tokens": ("text/event-stream", list(PIECES), "[DONE]", {"kind": "sse"}, {}),
    "whole": ("application/json", OPENAI, "", None, {}),
    "of no text": ("text/event-stream", [{"n": 1}, {"n": 2}], "", None, {}),
}  # fmt: skip


def _body(kind: str, parts: list[Any], end: str) -> bytes:
    texts = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    if "ndjson" in kind:
        return "\n".join(texts).encode()
    return "".join(f"data: {text}\n\n" for text in [*texts, *([end] if end else [])]).encode()


@pytest.mark.parametrize("name", STREAMS)
def test_pieces_and_contexts_are_found(name: str) -> None:
    """By the type of the answer, by where texts stand in its events, and by trying."""
    kind, parts, end, stream, select = STREAMS[name]
    found = stream_of(_body(kind, parts, end), kind, ASKED)
    assert (found and found.stream) == stream
    assert (found.select if found else {}) == select


def test_a_stream_that_tells_of_an_error_is_none() -> None:
    """Nothing is proposed that would not work."""
    body = _body("text/event-stream", [{"token": "The"}, {"error": {"message": "the store is away"}}], "")
    assert stream_of(body, "text/event-stream", ASKED) is None
