"""How an unknown service streams: which of its events hold pieces of the answer, and where, found in one answer."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rag_eval.config.target import StreamConfig
from rag_eval.errors import RagEvalError
from rag_eval.targets.http.shapes import rank, select_of, texts_in
from rag_eval.targets.http.stream import events, whole

_KINDS = {"text/event-stream": "sse", "application/x-ndjson": "ndjson", "application/jsonl": "ndjson",
          "application/json-seq": "ndjson", "application/stream+json": "ndjson"}  # fmt: skip
_PIECES = ("content", "delta", "token", "text", "chunk", "answer", "response", "output", "message", "data")
"""What a piece of an answer is usually called, the likeliest first."""
_MOST_PLACES = 6


@dataclass(frozen=True)
class StreamSketch:
    """How an answer came in pieces, as `target.stream` and `target.select` say it."""

    stream: dict[str, str]
    select: dict[str, str]


def stream_of(body: bytes, content_type: str, question: str) -> StreamSketch | None:
    """What an answer in pieces shows; None for one that is none, or in which no text is found."""
    kind = _KINDS.get(content_type.partition(";")[0].strip().lower())
    if kind is None:
        return None
    values = _values(body, kind)
    ways: list[dict[str, str]] = [{"kind": kind, "delta": place} for place in _places(values)]
    if kind == "sse" and not values:
        ways.append({"kind": kind})
    for stream in ways:
        with suppress(RagEvalError, ValueError):
            _, text = whole(body, StreamConfig.model_validate(stream))
            if text and text.strip():
                return StreamSketch(stream, _select(values, question))
    return None


def _values(body: bytes, kind: str) -> list[Any]:
    """What stands in the events that are JSON objects."""
    values = []
    with suppress(RagEvalError):
        for _, data in events(body, StreamConfig.model_validate({"kind": kind, "delta": "x"})):
            with suppress(ValueError, RecursionError):
                values.append(json.loads(data))
    return [value for value in values if isinstance(value, Mapping)]


def _places(values: list[Any]) -> list[str]:
    """Where pieces may stand: where most events have a text that is not always the same."""
    texts_at: dict[str, list[str]] = {}
    keys = {}
    for value in values:
        for place, key, text in texts_in(value):
            texts_at.setdefault(place, []).append(text)
            keys[place] = key
    fixed = {place for place, texts in texts_at.items() if len(texts) > 1 and len({*texts}) == 1}
    counts = Counter({place: len(texts) for place, texts in texts_at.items() if place not in fixed})
    most = max(counts.values(), default=0)
    likely = [place for place, count in counts.items() if 2 * count >= most]
    return sorted(likely, key=lambda place: (rank(keys[place], _PIECES), -counts[place]))[:_MOST_PLACES]


def _select(values: list[Any], question: str) -> dict[str, str]:
    """Where contexts stand in any of the events."""
    for value in values:
        select = {name: place for name, place in select_of(value, question).items() if name != "response"}
        if select:
            return select
    return {}
