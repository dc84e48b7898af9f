"""Spring AI: texts of passages come in quotes without escapes, and only a search is one."""

import pytest

from rag_eval.traces.dialects.spring import DIALECT


@pytest.mark.parametrize(
    ("listed", "texts"),
    [
        ('["A.", "B."]', ["A.", "B."]),
        ('["It is "good".", "Line\none."]', ['It is "good".', "Line\none."]),
        ("[]", []),
    ],
)
def test_passages_are_read_with_or_without_quotes_in_them(listed: str, texts: list[str]) -> None:
    """What is no JSON is cut where Spring joined it."""
    attributes = {"db.vector.query.content": "Who?", "db.vector.query.response.documents": listed}
    fields = DIALECT.describe(attributes, ())
    assert (fields["kind"], fields["query"]) == ("RETRIEVER", "Who?")
    assert [document.text for document in fields["documents"]] == texts


def test_a_search_without_its_passages_is_a_search_all_the_same() -> None:
    """They are recorded where that is switched on."""
    assert DIALECT.describe({"db.vector.query.content": "Who?"}, ())["documents"] is None


def test_passages_that_were_added_were_not_found() -> None:
    """The vector store has spans for all that it does."""
    attributes = {"spring.ai.kind": "vector_store", "db.operation.name": "add", "db.vector.query.top_k": 4}
    assert DIALECT.describe(attributes, ()) == {"kind": ""}
