"""OpenInference: what Arize Phoenix and its instrumentations write.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_eval.traces import passages, values, verdicts, wording
from rag_eval.traces.attributes import under
from rag_eval.traces.step import Document

NAME = "openinference"
_EVALUATIONS = ("evaluations", "trace.evaluations", "annotations")
_MARKS = ("openinference.", "retrieval.documents", "reranker.", "input.value", "output.value", "llm.input_messages",
          "llm.output_messages")  # fmt: skip


def meaning(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a step, those that the attributes tell."""
    if not any(key.startswith(_MARKS) for key in attributes):
        return {}
    asked, said = _value(attributes, "input"), _value(attributes, "output")
    kind = _kind(attributes)
    found = {
        "kind": kind,
        "question": _question(attributes, asked),
        "answer": _answer(attributes, said),
        "documents": _documents(attributes, kind, said),
        "carried": passages.carried(said),
        "conversation": values.text(attributes.get("session.id")),
        "confidence": wording.confidence(said),
        "redacted": wording.redacted(asked),
        "model": attributes.get("llm.model_name"),
    }
    if kind == "RETRIEVER":
        found["query"] = found["question"]
    return {**found, **verdicts.told(evaluations(attributes))}


def _value(attributes: Mapping[str, Any], side: str) -> Any:
    """The value of a side, or what else was recorded below its name."""
    direct = attributes.get(f"{side}.value")
    found = under(attributes, side) if direct is None else direct
    if isinstance(found, dict):
        return {key: one for key, one in found.items() if key != "mime_type"} or None
    return found


def _kind(attributes: Mapping[str, Any]) -> str:
    told = values.text(attributes.get("openinference.span.kind"))
    if told:
        return told.upper()
    if any(key.startswith("reranker.output_documents") for key in attributes):
        return "RERANKER"
    if any(key.startswith("retrieval.documents") for key in attributes):
        return "RETRIEVER"
    return "LLM" if any(key.startswith("llm.") and "_messages" in key for key in attributes) else ""


def _question(attributes: Mapping[str, Any], asked: Any) -> str | None:
    if wording.redacted(asked):
        return None
    messages = under(attributes, "llm.input_messages")
    spoken = wording.question(messages) if messages else None
    return spoken or values.text(attributes.get("reranker.query")) or wording.question(asked)


def _answer(attributes: Mapping[str, Any], said: Any) -> str | None:
    messages = under(attributes, "llm.output_messages")
    spoken = wording.answer(messages) if messages else None
    return spoken or (None if wording.redacted(said) else wording.answer(said))


def _documents(attributes: Mapping[str, Any], kind: str, said: Any) -> tuple[Document, ...] | None:
    """A list of documents; a retriever that recorded none may still have returned them as its output."""
    name = "reranker.output_documents" if kind == "RERANKER" else "retrieval.documents"
    listed = under(attributes, name)
    if listed is None and kind in {"RETRIEVER", "RERANKER"}:
        listed = None if wording.redacted(said) else said
    return passages.documents(listed) if listed is not None else None


def evaluations(attributes: Mapping[str, Any]) -> Iterator[verdicts.Verdict]:
    """The verdicts in the attributes of a span, listed or by name."""
    if not any(key.startswith(_EVALUATIONS) for key in attributes):
        return
    for place in _EVALUATIONS:
        found = under(attributes, place)
        if isinstance(found, list):
            yield from (one for each in found if (one := _verdict(each)))
        elif isinstance(found, dict):
            named = (verdicts.from_object(name, each) for name, each in found.items() if isinstance(each, dict))
            yield from (one for one in named if one)


def _verdict(each: Any) -> verdicts.Verdict | None:
    if not isinstance(each, dict):
        return None
    inner = values.first(each, "evaluation", "annotation")
    held: Mapping[str, Any] = {**each, **inner} if isinstance(inner, dict) else each
    held = {key.removeprefix("evaluation.").removeprefix("annotation."): one for key, one in held.items()}
    name = values.text(held.get("name"))
    return verdicts.from_object(name, held) if name else None
