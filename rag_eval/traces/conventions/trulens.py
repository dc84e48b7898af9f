"""TruLens: `ai.observability.*`, where a record is one question and evaluations are spans of their own."""

from collections.abc import Mapping
from typing import Any

from rag_eval.traces import passages, values, verdicts, wording

NAME = "trulens"
_PREFIX = "ai.observability."
_KINDS = {
    "record_root": "CHAIN", "retrieval": "RETRIEVER", "generation": "LLM", "eval_root": "EVALUATOR",
    "eval": "EVALUATOR", "reranking": "RERANKER", "tool": "TOOL", "agent": "AGENT", "workflow_step": "CHAIN",
}  # fmt: skip


def meaning(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a step, those that the attributes tell."""
    held = {key.removeprefix(_PREFIX): one for key, one in attributes.items() if key.startswith(_PREFIX)}
    if not held:
        return {}
    kind = _KINDS.get(str(held.get("span_type", "")).lower(), "")
    if kind == "EVALUATOR":
        return {"kind": kind, **verdicts.told(_verdicts(held))}
    documents = values.first(held, "retrieval.retrieved_contexts", "reranking.output_context_texts")
    if documents is None and kind == "RETRIEVER":
        documents = held.get("call.return")
    return {
        "kind": kind,
        "question": _question(held, kind),
        "answer": None if kind == "RETRIEVER" else _answer(held),
        "query": values.text(held.get("retrieval.query_text")),
        "documents": passages.documents(documents) if kind in {"RETRIEVER", "RERANKER"} else None,
        "conversation": values.text(held.get("session_id")),
        "reference": values.text(held.get("record_root.ground_truth_output")),
    }


def _question(held: Mapping[str, Any], kind: str) -> str | None:
    told = wording.question(held.get("record_root.input"))
    if told or kind != "CHAIN":
        return told
    prefix = "call.kwargs."
    return wording.question({key.removeprefix(prefix): one for key, one in held.items() if key.startswith(prefix)})


def _answer(held: Mapping[str, Any]) -> str | None:
    return wording.answer(values.first(held, "record_root.output", "call.return"))


def _verdicts(held: Mapping[str, Any]) -> list[verdicts.Verdict]:
    """The score of an evaluation as a whole; its steps are parts of it."""
    name = values.text(values.first(held, "eval_root.metric_name", "eval.metric_name"))
    score = held.get("eval_root.score")
    return [verdicts.Verdict(name, score)] if name and score is not None else []


def record(attributes: Mapping[str, Any]) -> str | None:
    """The record that a span belongs to; an evaluation says which one it is about."""
    names = (f"{_PREFIX}eval.target_record_id", f"{_PREFIX}record_id")
    return values.text(values.first(attributes, *names))
