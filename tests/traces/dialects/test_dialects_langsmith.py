"""LangSmith's runs are read flat or nested, each with the key of its trace."""

from typing import Any

from rag_eval.traces.dialects.langsmith import DIALECT

RETRIEVER = {
    "id": "r2", "run_type": "retriever", "inputs": {"query": "Who?"},
    "outputs": {"documents": [{"page_content": "A.", "metadata": {"id": "a"}}]},
}  # fmt: skip
ROOT: dict[str, Any] = {"id": "r1", "run_type": "chain", "inputs": {"question": "Who?"}, "outputs": {"answer": "Me."}}


def test_nested_runs_belong_to_the_outermost() -> None:
    """Which names the trace where no run says which one it is of."""
    (key, root), (other, inner) = DIALECT.read({**ROOT, "child_runs": [RETRIEVER]})
    assert key == other == "langsmith:r1"
    assert (root.question, root.answer, inner.parent) == ("Who?", "Me.", "r1")
    assert [document.text for document in inner.documents or ()] == ["A."]


def test_a_dotted_order_names_the_trace_of_a_flat_run() -> None:
    """Its first part is the outermost run."""
    order = "20260101T000000000000Zr1.20260101T000001000000Zr2"
    ((key, span),) = DIALECT.read({**RETRIEVER, "dotted_order": order, "parent_run_id": "r1"})
    assert (key, span.parent) == ("langsmith:r1", "r1")


def test_feedback_is_an_average_by_key() -> None:
    """With the value that was given most often."""
    stats = {"helpful": {"avg": 0.75, "values": {"yes": 3, "no": 1}}}
    ((_, span),) = DIALECT.read({**ROOT, "feedback_stats": stats})
    assert (span.scores, span.labels) == ({"helpful": 0.75}, {"helpful": "yes"})


def test_an_object_without_a_kind_of_run_is_none() -> None:
    """Whatever else it has."""
    assert DIALECT.recognised(ROOT)
    assert not DIALECT.recognised({"inputs": {}, "outputs": {}})
