"""OpenInference's spans: what was asked, said, retrieved and kept, and what was thought of it."""

from rag_eval.traces.dialects.openinference import DIALECT


def test_a_reranker_keeps_documents_of_its_own() -> None:
    """They are not those that it was given."""
    attributes = {
        "openinference.span.kind": "RERANKER", "reranker.query": "Who?",
        "reranker.input_documents.0.document.id": "b", "reranker.output_documents.0.document.id": "a",
    }  # fmt: skip
    fields = DIALECT.describe(attributes, ())
    assert fields["kind"] == "RERANKER"
    assert [document.id for document in fields["documents"]] == ["a"]


def test_what_a_retriever_was_asked_is_its_query() -> None:
    """And what it gave back are documents, also where it only recorded its output."""
    attributes = {
        "openinference.span.kind": "RETRIEVER", "input.value": "Who?", "output.value": '[{"id": "a", "text": "A."}]',
    }  # fmt: skip
    fields = DIALECT.describe(attributes, ())
    assert fields["query"] == "Who?"
    assert [(document.id, document.text) for document in fields["documents"]] == [("a", "A.")]


def test_what_was_blacked_out_is_no_question() -> None:
    """It is said that it was there."""
    fields = DIALECT.describe({"openinference.span.kind": "CHAIN", "input.value": "__REDACTED__"}, ())
    assert (fields["question"], fields["redacted"]) == (None, True)


def test_evaluations_are_listed_or_named() -> None:
    """Both ways have stood in spans."""
    listed = {"openinference.span.kind": "CHAIN", "evaluations": [{"name": "correct", "score": 1.0}]}
    named = {"openinference.span.kind": "CHAIN", "annotations": {"correct": {"score": 1.0}}}
    assert [DIALECT.describe(each, ())["scores"] for each in (listed, named)] == [{"correct": 1.0}] * 2


def test_names_of_others_tell_nothing() -> None:
    """A span that is none of it is left to the next dialect."""
    assert DIALECT.describe({"mlflow.spanInputs": "{}"}, ()) == {}
