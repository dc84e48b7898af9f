"""OpenLLMetry: workflows, tasks and tools, and what its instrumentations of databases record."""

import pytest

from rag_eval.traces.dialects.openllmetry import DIALECT


@pytest.mark.parametrize("kind", ["workflow", "task"])
def test_workflows_and_tasks_are_asked_and_answer(kind: str) -> None:
    """By what went in and came out."""
    attributes = {"traceloop.span.kind": kind, "traceloop.entity.input": "Who?", "traceloop.entity.output": "Me."}
    fields = DIALECT.describe(attributes, ())
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


def test_what_a_crew_gave_back_is_its_answer() -> None:
    """Its workflow has no output but this."""
    attributes = {"traceloop.span.kind": "workflow", "crewai.crew.result": "Me."}
    assert DIALECT.describe(attributes, ())["answer"] == "Me."
