"""OpenLLMetry and what the SDKs of others send over OTLP: each pair of names is a question and an answer."""

import pytest

from rag_eval.traces.dialects.openllmetry import DIALECT


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [
        ("traceloop.span.kind", "traceloop.entity.input", "traceloop.entity.output"),
        ("langfuse.observation.type", "langfuse.observation.input", "langfuse.observation.output"),
        ("langsmith.span.kind", "langsmith.inputs", "langsmith.outputs"),
        ("ai.operationId", "ai.prompt", "ai.response.text"),
    ],
)
def test_each_family_of_names_is_read(kind: str, question: str, answer: str) -> None:
    """Whoever's they are."""
    fields = DIALECT.describe({kind: "workflow", question: "Who?", answer: "Me."}, ())
    assert (fields["kind"], fields["question"], fields["answer"]) == ("CHAIN", "Who?", "Me.")


def test_what_a_retriever_gives_back_are_documents() -> None:
    """And its input is what was searched for, not an answer."""
    attributes = {
        "traceloop.span.kind": "retriever", "traceloop.entity.input": "Who?",
        "traceloop.entity.output": '[{"id": "a", "text": "A."}]',
    }  # fmt: skip
    fields = DIALECT.describe(attributes, ())
    assert (fields["query"], fields["answer"]) == ("Who?", None)
    assert [(document.id, document.text) for document in fields["documents"]] == [("a", "A.")]


def test_names_of_others_tell_nothing() -> None:
    """A span that is none of it is left to the next dialect."""
    assert DIALECT.describe({"input.value": "Who?"}, ()) == {}
