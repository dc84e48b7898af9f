"""Haystack's own tracer: a span for each pipeline, component and agent, with what went in and came out as JSON.

https://docs.haystack.deepset.ai/docs/tracing: content is recorded where `HAYSTACK_CONTENT_TRACING_ENABLED` is true.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, message_text, model_fields, passages, values
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import RetrievedDocument

_PREFIX = "haystack."
_CONTENT = "set HAYSTACK_CONTENT_TRACING_ENABLED=true in the service"
_KINDS = (
    ("RERANKER", re.compile(r"Ranker")),
    ("RETRIEVER", re.compile(r"Retriever|WebSearch|SearchEngine")),
    ("EMBEDDING", re.compile(r"Embedder")),
    ("TOOL", re.compile(r"ToolInvoker")),
    ("AGENT", re.compile(r"Agent$")),
    ("LLM", re.compile(r"Generator|LLM")),
)
"""Parts that components play, by the names of their classes."""
_OTHER = "PARSER"
_SIDES = (
    ("haystack.pipeline.input_data", "haystack.component.input", "haystack.agent.input"),
    ("haystack.pipeline.output_data", "haystack.component.output", "haystack.agent.output"),
)


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not any(key.startswith(_PREFIX) for key in attributes):
        return {}
    asked, output = (jsontext.within(values.first(attributes, *names)) for names in _SIDES)
    kind = _kind(attributes)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    question = message_text.question(asked)
    return {
        "kind": kind,
        "question": None if kind == _OTHER else question,
        "answer": message_text.answer(output) if kind in {"CHAIN", "AGENT", "LLM"} else None,
        "query": question if kind == "RETRIEVER" else None,
        "documents": passages.documents(output) if retrieves and output is not None else None,
        "given": passages.given_documents(asked) if kind in {"RERANKER", _OTHER} else None,
        "carried": passages.carried_documents(output) if kind in {"TOOL", "AGENT", _OTHER} else _of_components(output),
        "refused": message_text.refused(output),
        **model_fields.prompt(kind, asked),
        **(_generated(output) if kind == "LLM" else {}),
    }


def _kind(attributes: Mapping[str, Any]) -> str:
    name = values.text(attributes.get("haystack.component.type"))
    if name is None:
        return "AGENT" if any(key.startswith("haystack.agent.") for key in attributes) else "CHAIN"
    return next((kind for kind, names in _KINDS if names.search(name)), _OTHER)


def _of_components(output: Any) -> tuple[RetrievedDocument, ...] | None:
    """The passages in what a pipeline returned, by the names of its components."""
    parts = output.values() if isinstance(output, dict) else ()
    return next((documents for part in parts if (documents := passages.carried_documents(part)) is not None), None)


def _generated(output: Any) -> dict[str, Any]:
    """Tokens and model of a reply."""
    replies = output.get("replies") if isinstance(output, dict) else None
    last = replies[-1] if isinstance(replies, list) and replies else None
    metas = output.get("meta") if isinstance(output, dict) else None
    meta = last.get("meta") if isinstance(last, dict) else metas[-1] if isinstance(metas, list) and metas else None
    if not isinstance(meta, dict):
        return {}
    return {**model_fields.tokens(meta.get("usage")), "model": values.text(meta.get("model"))}


DIALECT = Dialect(
    name="haystack",
    advice=CaptureAdvice(response=_CONTENT, contexts=f"{_CONTENT}; the component that retrieves is called …Retriever"),
    names=AttributeNames(prefixes=(_PREFIX,)),
    describe=describe,
)
