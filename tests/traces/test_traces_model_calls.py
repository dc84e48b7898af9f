"""Which call of a model gave the answer."""

import pytest

from rag_eval.traces import model_calls
from rag_eval.traces.span import RetrievedDocument, TraceSpan
from rag_eval.traces.span_tree import SpanTree

PASSAGE = "The outdoor pool is heated to 27 degrees, warm enough for all, and does close at 21:00."
OTHER = "Breakfast is served from 7:00 until 10:30 in the Harbour Room, every day but on Sundays."
DOCUMENTS = (RetrievedDocument(PASSAGE), RetrievedDocument(OTHER))
SEARCH = TraceSpan(id="r", kind="RETRIEVER", query="pool temperature", start=1.5)


def call(key: str, prompt: str, answer: str | None, **fields: object) -> TraceSpan:
    """A call of a model; keys stand in the order of time."""
    messages = (("user", prompt),)
    return TraceSpan(
        id=key, kind="LLM", start=float(key), question=prompt, answer=answer, messages=messages, **fields  # type: ignore[arg-type]
    )  # fmt: skip


REWRITE = call("1", "Rewrite: How warm?", "pool temperature")
ANSWER = call("2", f"{PASSAGE}\nQuestion: How warm is it?", "It is 27 degrees warm.")
SUGGEST = call("3", "Suggest three more questions.", "1. How deep is it?")
CHECK = call("4", f"{PASSAGE}\nIs this so: It is 27 degrees warm.", "yes")
SECOND = call("5", f"{OTHER}\nQuestion: How warm is it?", "Nothing on that is here.")
REDUCE = call("6", "Put together: It is 27 degrees warm. Nothing on that is here.", "27 degrees.")
REFINE = call("7", f"Existing answer: It is 27 degrees warm.\nRefine it with: {OTHER}", "27 degrees, and breakfast.")


@pytest.mark.parametrize(
    ("calls", "answer"),
    [
        ((REWRITE, ANSWER), ANSWER),
        ((ANSWER, SUGGEST), ANSWER),
        ((ANSWER, CHECK), ANSWER),
        ((ANSWER, SECOND, REDUCE), REDUCE),
        ((ANSWER, REFINE), REFINE),
        ((REWRITE,), None),
        ((), None),
    ],
)
def test_the_call_that_saw_the_passages_answered(calls: tuple[TraceSpan, ...], answer: TraceSpan | None) -> None:
    """Not one that rewrote the question, checked the answer or went on from it; but one that put answers together."""
    assert model_calls.answering(calls, DOCUMENTS, None, [SEARCH]) is answer


def test_without_passages_the_call_about_the_question_answered() -> None:
    """Else the last."""
    about = call("1", "How warm is the pool?", "27 degrees.")
    assert model_calls.answering([about, SUGGEST], (), "How warm is the pool?", ()) is about
    assert model_calls.answering([about, SUGGEST], (), None, ()) is SUGGEST


def test_a_call_counts_once_and_a_judge_does_not() -> None:
    """Two instrumentations may have recorded it."""
    judge = TraceSpan(id="j", kind="EVALUATOR")
    outer = call("1", "Who?", "Me.", input_tokens=3.0)
    inner = call("2", "Who?", "Me.", parent="1", input_tokens=3.0, output_tokens=1.0, cost=0.5)
    judged = call("3", "Good?", "yes", parent="j")
    tree = SpanTree([judge, outer, inner, judged])
    assert model_calls.calls(tree.spans, tree) == [inner]
    assert model_calls.usage([outer, inner], tree) == (3.0, 1.0)
    assert model_calls.cost([outer, inner], tree) == 0.5
    assert model_calls.usage([judge], tree) == (None, None)


def test_turns_are_told_by_the_history() -> None:
    """A later call has the earlier answer among its messages, and asks something else."""
    first = call("1", "Who?", "Me.")
    history = (("user", "Who?"), ("assistant", "Me."), ("user", "Where?"))
    second = TraceSpan(id="2", kind="LLM", start=2.0, question="Where?", answer="Here.", messages=history)
    assert model_calls.turns([first, second]) == [first, second]
    assert model_calls.turns([first, call("2", "Where?", "Here.")]) == []
    assert (model_calls.number(second), model_calls.number(first), model_calls.number(None)) == (2, None, None)
