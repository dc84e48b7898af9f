"""A span goes to disk and comes back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from rag_eval.traces.span import RetrievedDocument, TraceSpan, pack, unpack

DOCUMENTS = st.none() | st.tuples() | st.builds(
    lambda *each: each,
    st.builds(RetrievedDocument, text=st.none() | st.text(), id=st.none() | st.text(), score=st.none() | st.just(0.5)),
)  # fmt: skip


@given(
    question=st.none() | st.text(min_size=1),
    documents=DOCUMENTS,
    carried=DOCUMENTS,
    start=st.none() | st.just(0.0) | st.floats(0, 1e9),
    redacted=st.booleans(),
)
def test_what_is_packed_comes_back(
    question: str | None,
    documents: tuple[RetrievedDocument, ...] | None,
    carried: tuple[RetrievedDocument, ...] | None,
    start: float | None,
    *,
    redacted: bool,
) -> None:
    """Nothing that was retrieved is not unknown, and a start at 0 is a start; an empty question is none."""
    span = TraceSpan(question=question, documents=documents, carried=carried, start=start, redacted=redacted)
    (found,) = unpack(pack([span]))
    assert found == span
    assert all(type(each) is RetrievedDocument for each in (*(found.documents or ()), *(found.carried or ())))


def test_what_a_span_holds_beside_documents_comes_back() -> None:
    """Messages, scores and metadata of any depth."""
    span = TraceSpan(messages=(("user", "Who?"),), scores={"a": 0.5}, metadata={"tags": ["x", 1, None]})
    assert unpack(pack([span, TraceSpan()])) == [span, TraceSpan()]
