"""Ids stand in journals, datasets, captures and MLflow: each is pinned to what it has been since the first release."""

from rag_eval import identifiers
from rag_eval.targets.tracecontext import traceparent


def test_a_question_of_a_run_has_one_trace_everywhere() -> None:
    """What is sent to the service, what is traced and what is looked for in captures is the same."""
    assert identifiers.trace_id("key", "cé") == "02c629d1cc34c4bf2eb3482be214411b"
    assert identifiers.parent_span_id("key", "cé") == "469e5060764d65a6"
    assert traceparent("key", "cé") == "00-02c629d1cc34c4bf2eb3482be214411b-469e5060764d65a6-01"


def test_a_trace_in_mlflow_keeps_its_spans_and_scores() -> None:
    """A second push writes over the first."""
    assert identifiers.span_id("key", "cé", "root") == "14a6ea2285d17f2f"
    assert identifiers.assessment_id("key", "cé", "root").startswith("14a6ea2285d17f2f")
    assert len(identifiers.assessment_id("key", "cé", "mrr")) == 32


def test_a_case_is_named_for_its_question_and_answer() -> None:
    """The same pair has the same id in a dataset and in a capture; no answer is an empty one."""
    assert identifiers.case_id("When?", "Nów") == "q-e75fe13ad41b"
    assert identifiers.case_id("When?", None) == identifiers.case_id("When?", "") == "q-d9093afbef51"


def test_half_a_surrogate_pair_is_named_too() -> None:
    """Text that no file can hold still has an id."""
    assert identifiers.case_id("a\ud800", None) == "q-d0f68b621fe5"
    assert identifiers.trace_id("k", "\ud800") == "f23fdcbe39c0987953c89c90bd2ed878"
