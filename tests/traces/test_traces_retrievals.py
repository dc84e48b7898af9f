"""What an exchange retrieved, and what of it the model was given."""

import pytest

from rag_eval.traces.retrievals import by_end, retrieval
from rag_eval.traces.span import RetrievedDocument, TraceSpan
from rag_eval.traces.span_tree import SpanTree

TEXTS = {
    "a": "The outdoor pool is heated to 27 degrees, warm enough for all, and does close at 21:00.",
    "b": "Breakfast is served from 7:00 until 10:30 in the Harbour Room, every day but on Sundays.",
    "c": "Check-out is at 11:00; late check-out until 14:00 costs 25 euros, to be paid on arrival.",
}


def documents(keys: str) -> tuple[RetrievedDocument, ...]:
    """A passage for each letter."""
    return tuple(RetrievedDocument(TEXTS[key], key) for key in keys)


def search(key: str, start: float, keys: str, **fields: object) -> TraceSpan:
    """A retriever that brought passages."""
    return TraceSpan(id=key, kind="RETRIEVER", start=start, end=start + 0.5, documents=documents(keys), **fields)  # type: ignore[arg-type]


def ranker(key: str, start: float, keys: str, given: str = "") -> TraceSpan:
    """A reranker that kept some."""
    return TraceSpan(
        id=key, kind="RERANKER", start=start, end=start + 0.5, documents=documents(keys), given=documents(given) or None
    )


def ids(spans: list[TraceSpan], prompt: str = "") -> str:
    """Those that the model was given."""
    read = retrieval(spans, SpanTree(spans), None, prompt).given
    return "".join(each.id or "?" for each in read or ())


@pytest.mark.parametrize(
    ("spans", "given"),
    [
        ([search("1", 1, "ab"), search("2", 2, "bc")], "abc"),
        ([search("1", 1, "ab"), ranker("2", 2, "b")], "b"),
        ([search("1", 1, "ab"), ranker("2", 2, "a"), search("3", 3, "c")], "ac"),
        ([search("1", 1, "a"), search("2", 2, "bc"), ranker("3", 3, "c", "bc")], "ac"),
        ([search("1", 1, "ab"), ranker("2", 2, "ba"), ranker("3", 3, "b")], "b"),
        ([search("1", 1, "a"), search("2", 1.1, "abc", parent="1")], "a"),
    ],
)
def test_a_reranker_stands_for_what_it_worked_on(spans: list[TraceSpan], given: str) -> None:
    """And for nothing else; a search inside another is part of it."""
    assert ids(spans) == given


def test_what_stands_in_the_prompt_is_told_from_what_was_retrieved() -> None:
    """In the order in which it stands there; a prompt with none of it tells nothing."""
    spans = [search("1", 1, "abc")]
    prompt = f"{TEXTS['c']}\n{TEXTS['a']}"
    read = retrieval(spans, SpanTree(spans), None, prompt)
    assert [each.id for each in read.given or ()] == ["c", "a"]
    assert [each.id for each in read.everything or ()] == ["a", "b", "c"]
    assert ids(spans, "Question: Who?") == "abc"


def test_passages_of_a_step_count_where_nothing_retrieves_by_name() -> None:
    """Those of the step that had them first; ids come from wherever they were recorded."""
    bare = tuple(RetrievedDocument(each.text) for each in documents("ab"))
    task = TraceSpan(id="t", parent="r", start=1.0, carried=bare)
    later = TraceSpan(id="u", parent="r", start=2.0, carried=documents("a"))
    root = TraceSpan(id="r", start=0.0, carried=documents("ab"))
    assert ids([root, task, later]) == "ab"
    assert retrieval([TraceSpan(id="x")], SpanTree([]), None, "").given is None
    assert by_end([task, search("1", 1, "a")])[0].id == "1"
