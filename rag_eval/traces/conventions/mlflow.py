"""MLflow's own attributes: each value is a JSON text, in its files as over OTLP."""

from collections.abc import Mapping
from typing import Any

from rag_eval.traces import jsontext, passages, values, wording

NAME = "mlflow"
_KINDS = {"CHAT_MODEL": "LLM", "UNKNOWN": ""}


def meaning(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a step, those that the attributes tell."""
    if not any(key.startswith("mlflow.") for key in attributes):
        return {}
    asked, said = (jsontext.within(attributes.get(f"mlflow.span{side}")) for side in ("Inputs", "Outputs"))
    kind = str(jsontext.within(attributes.get("mlflow.spanType")) or "").upper()
    kind = _KINDS.get(kind, kind)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    return {
        "kind": kind,
        "question": wording.question(asked),
        "answer": None if retrieves else wording.answer(said),
        "query": wording.question(asked) if kind == "RETRIEVER" else None,
        "documents": passages.documents(said) if retrieves else None,
        "carried": None if retrieves else passages.carried(said),
        "conversation": values.text(jsontext.within(attributes.get("mlflow.trace.session"))),
        "confidence": wording.confidence(said),
    }
