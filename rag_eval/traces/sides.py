"""What a span was asked and what it gave back, as fields, for the many exporters that record no more than these two."""

from typing import Any

from rag_eval.traces import message_text, model_fields, passages

_RETRIEVES = frozenset({"RETRIEVER", "RERANKER"})


def fields(kind: str, asked: Any, output: Any) -> dict[str, Any]:
    """Fields of a span of a kind; a retriever gives no answer, and what it was asked is what it looked for."""
    retrieves = kind in _RETRIEVES
    question = message_text.question(asked)
    carried = passages.of_tool if kind == "TOOL" else passages.carried_documents
    return {
        "kind": kind,
        "question": question,
        "answer": None if retrieves else message_text.answer(output),
        "query": question if kind == "RETRIEVER" else None,
        "documents": passages.documents(output) if retrieves and output is not None else None,
        "carried": None if retrieves or kind == "LLM" else carried(output),
        "given": None if retrieves or kind == "LLM" else passages.given_documents(asked),
        "refused": message_text.refused(output),
        **model_fields.prompt(kind, asked),
    }
