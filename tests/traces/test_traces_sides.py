"""Two sides of a span say what it was asked and gave back, by the part that it plays."""

from typing import Any

import pytest

from rag_eval.traces import sides

PASSAGES = [{"id": "a", "text": "A.", "score": 0.5}]


@pytest.mark.parametrize(
    ("kind", "output", "field"),
    [
        ("RETRIEVER", PASSAGES, "documents"),
        ("RERANKER", PASSAGES, "documents"),
        ("TOOL", PASSAGES, "carried"),
        ("CHAIN", {"answer": "Me.", "documents": PASSAGES}, "carried"),
    ],
)
def test_passages_are_what_was_retrieved_or_what_was_brought_along(kind: str, output: Any, field: str) -> None:
    """A retriever's are all that it says, and no answer; a step's stand beside its answer."""
    fields = sides.fields(kind, {"question": "Who?"}, output)
    assert [(each.id, each.text) for each in fields[field]] == [("a", "A.")]
    assert fields["answer"] == ("Me." if kind == "CHAIN" else None)
    assert fields["query"] == ("Who?" if kind == "RETRIEVER" else None)


def test_a_model_has_messages_and_brings_nothing() -> None:
    """What it was given is kept in order."""
    fields = sides.fields("LLM", [{"role": "user", "content": "Who?"}], {"role": "assistant", "content": "Me."})
    assert (fields["messages"], fields["answer"], fields["carried"]) == ((("user", "Who?"),), "Me.", None)
