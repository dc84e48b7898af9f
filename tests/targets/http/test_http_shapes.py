"""Where a body holds an answer and contexts is made out of its names and texts."""

from collections.abc import Mapping
from typing import Any

import pytest

from rag_eval.targets.http.shapes import select_of

ASKED = "When does the pool open?"
ANSWER = "The pool opens at six."
DOCS = [{"text": "It opens at six.", "id": "a"}, {"text": "Towels cost two euros.", "id": "b"}]

BODIES: list[tuple[Any, Mapping[str, str]]] = [
    (
        {"answer": ANSWER, "contexts": DOCS},
        {"response": "answer", "retrieved_contexts": "contexts[].text", "retrieved_context_ids": "contexts[].id"},
    ),
    (
        {"output": {"message": ANSWER, "evidence": [{"key": "k", "passage": "It opens.", "score": 0.5}]}},
        {
            "response": "output.message",
            "retrieved_contexts": "output.evidence[].passage",
            "retrieved_context_ids": "output.evidence[].key",
        },
    ),
    (
        {"id": "1", "choices": [{"message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}]},
        {"response": "choices[0].message.content"},
    ),
    (
        {"id": "1", "output": [{"type": "message", "content": [{"type": "output_text", "text": ANSWER}]}]},
        {"response": "output[0].content[0].text"},
    ),
    (
        {"query": ASKED, "result": ANSWER, "source_documents": [{"page_content": "Six.", "metadata": {"source": "a"}}]},
        {
            "response": "result",
            "retrieved_contexts": "source_documents[].page_content",
            "retrieved_context_ids": "source_documents[].metadata.source",
        },
    ),
    ({"question": ASKED, "text": ANSWER, "sources": ["It opens at six."]}, {"retrieved_contexts": "sources"}),
    ({"answer": ANSWER, "sources": ["a.md", "b.md"]}, {"response": "answer", "retrieved_context_ids": "sources"}),
    ({"the-answer": ANSWER, "lang": "en"}, {"response": '"the-answer"'}),
    ({"messages": [{"role": "assistant", "content": ANSWER}]}, {"response": "messages[0].content"}),
    (ANSWER, {"response": "@"}),
    ({"ok": True}, {}),
    ([], {}),
]


@pytest.mark.parametrize(("body", "paths"), BODIES)
def test_answers_are_told_from_contexts(body: Any, paths: Mapping[str, str]) -> None:
    """By their names, and by what stands there; what the service repeats of the question is no answer."""
    found = select_of(body, ASKED)
    assert {**paths}.items() <= found.items()
    assert found.keys() == paths.keys() | ({"response"} if "text" in body else set())
