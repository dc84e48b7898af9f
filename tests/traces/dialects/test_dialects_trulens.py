"""TruLens: a record is one question, and its evaluations are spans of their own."""

import pytest

from rag_eval.traces.dialects.trulens import DIALECT

PREFIX = "ai.observability."
ATTRIBUTES = {
    f"{PREFIX}span_type": "record_root", f"{PREFIX}record_id": "r", f"{PREFIX}record_root.input": "Who?",
    f"{PREFIX}record_root.output": "Me.",
}  # fmt: skip


@pytest.mark.parametrize("written", [dict, str, lambda attributes: str(attributes).replace("'", '"')])
@pytest.mark.parametrize("column", ["record_attributes", "RECORD_ATTRIBUTES"])
def test_a_row_of_its_table_is_a_span(written: type, column: str) -> None:
    """As an object, as JSON, and as Python writes its values into CSV; Snowflake's columns are in capitals."""
    row = {column: written(ATTRIBUTES)}
    assert DIALECT.recognised(row)
    ((key, span),) = DIALECT.read(row)
    assert (key, span.question, span.answer) == ("trulens:r", "Who?", "Me.")


def test_an_evaluation_is_a_score_of_the_record_that_it_is_about() -> None:
    """And no question."""
    attributes = {
        f"{PREFIX}span_type": "eval_root", f"{PREFIX}eval.target_record_id": "r",
        f"{PREFIX}eval_root.metric_name": "relevance", f"{PREFIX}eval_root.score": 0.5,
    }  # fmt: skip
    assert DIALECT.trace_key(attributes) == "trulens:r"
    assert DIALECT.describe(attributes, ()) == {"kind": "EVALUATOR", "scores": {"relevance": 0.5}}
