"""A span may carry the names of several dialects at once: the first that tells a field is believed."""

from rag_eval.traces import conventions

OPENINFERENCE = {"openinference.span.kind": "CHAIN", "input.value": "Who?", "output.value": "Me."}


def test_the_first_dialect_that_tells_a_field_is_believed() -> None:
    """MLflow's kind goes before OpenInference's, and what MLflow does not tell is taken from it."""
    fields = conventions.describe({"mlflow.spanType": '"AGENT"', **OPENINFERENCE})
    assert fields["dialect"] == "mlflow"
    assert (fields["kind"], fields["question"], fields["answer"]) == ("AGENT", "Who?", "Me.")


def test_attributes_of_nobody_tell_nothing_but_a_session() -> None:
    """The names of sessions are read whoever wrote them."""
    assert conventions.describe({"session_id": "s-1", "http.route": "/ask"}) == {"conversation": "s-1", "metadata": {}}


def test_the_model_is_metadata() -> None:
    """It is no field of a span."""
    fields = conventions.describe({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1"})
    assert fields["metadata"] == {"model": "m-1"}
    assert fields["dialect"] == "otel-genai"


def test_a_record_of_trulens_is_the_trace() -> None:
    """Its evaluations are spans of other traces, and name the record that they are about."""
    assert conventions.trace_key({"ai.observability.record_id": "r"}) == "trulens:r"
    assert conventions.trace_key({"ai.observability.eval.target_record_id": "r"}) == "trulens:r"
    assert conventions.trace_key(OPENINFERENCE) is None
