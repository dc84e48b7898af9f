"""A trace is as many exchanges as questions were asked in it."""

from rag_eval.traces.span import TraceSpan
from rag_eval.traces.span_tree import SpanTree
from rag_eval.traces.turns import turns

ROOT = TraceSpan(id="r", start=0.0, end=9.0)


def asked(key: str, start: float, question: str, answer: str | None, name: str = "turn") -> TraceSpan:
    """A span that was asked something."""
    return TraceSpan(
        id=key, parent="r", name=name, kind="CHAIN", start=start, end=start + 1, question=question, answer=answer
    )


def questions(*spans: TraceSpan) -> list[str | None]:
    """What the turns of a trace were asked."""
    return [turn.asked.question if turn.asked else None for turn in turns(SpanTree(spans))]


def test_turns_one_after_the_other_are_exchanges() -> None:
    """Each with its own spans, and what stands between them goes to the one before it."""
    first, second = asked("a", 1, "Who?", "Me."), asked("b", 3, "Where?", "Here.")
    inner, loose = TraceSpan(id="c", parent="b", start=3.5), TraceSpan(id="d", parent="r", start=2.5)
    read = turns(SpanTree([ROOT, second, inner, loose, first]))
    assert [turn.spans for turn in read] == [(first, loose), (second, inner)]
    assert [turn.number for turn in read] == [1, 2]
    assert read[0].around == (ROOT,)


def test_steps_of_one_answer_are_no_turns() -> None:
    """A plan, what was derived from it, what ran at the same time, what gave no answer, a repetition."""
    who = asked("a", 1, "Who?", "Me.")
    plan = asked("a", 1, "Compare the plans", "look up the price of A")
    assert len(questions(ROOT, plan, asked("b", 3, "look up the price of A", "5"))) == 1
    assert len(questions(ROOT, who, asked("b", 1.5, "Where?", "Here."))) == 1
    assert len(questions(ROOT, who, asked("b", 3, "Where?", None))) == 1
    assert len(questions(ROOT, who, asked("b", 3, "who?", "Me, too."))) == 1
    assert len(questions(ROOT, asked("a", 1, "Who?", "x y", "rewrite"), asked("b", 3, "Where?", "z", "answer"))) == 1


def test_a_root_with_a_question_is_one_exchange() -> None:
    """Whatever was asked inside it."""
    root = TraceSpan(id="r", kind="AGENT", question="Compare", start=0.0, end=9.0)
    assert questions(root, asked("a", 1, "Who?", "Me."), asked("b", 3, "Where?", "Here.")) == ["Compare"]


def test_calls_of_a_model_alone_are_turns_by_their_history() -> None:
    """Each ends where its answer does."""
    first = TraceSpan(
        id="a", kind="LLM", start=1.0, end=2.0, question="Who?", answer="Me.", messages=(("user", "Who?"),)
    )
    search = TraceSpan(id="s", kind="RETRIEVER", start=2.5, end=2.6)
    history = (("user", "Who?"), ("assistant", "Me."), ("user", "Where?"))
    second = TraceSpan(id="b", kind="LLM", start=3.0, end=4.0, question="Where?", answer="Here.", messages=history)
    assert [turn.spans for turn in turns(SpanTree([first, search, second]))] == [(first,), (search, second)]
