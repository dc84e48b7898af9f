"""Messages that came as log events join the span that they are about."""

from rag_eval.traces import log_events
from rag_eval.traces.span import NOTE, TraceSpan

MODEL = TraceSpan(id="m", kind="LLM")


def note(span: str | None, start: float, **fields: object) -> TraceSpan:
    """What a log event tells."""
    return TraceSpan(kind=NOTE, parent=span, start=start, **fields)  # type: ignore[arg-type]


def test_a_span_gets_its_messages_in_order() -> None:
    """The last thing the user said is its question; notes of scores stay apart."""
    score = note("m", 9.0, scores={"s": 1.0})
    spans = log_events.attached([
        note("m", 3.0, answer="Me."),
        note("m", 2.0, messages=(("user", "Who?"),)),
        MODEL,
        score,
        note("m", 1.0, messages=(("system", "Be kind."),), conversation="s1"),
    ])  # fmt: skip
    (model,) = (span for span in spans if span.kind == "LLM")
    assert model.messages == (("system", "Be kind."), ("user", "Who?"))
    assert (model.question, model.answer, model.conversation) == ("Who?", "Me.", "s1")
    assert [span for span in spans if span.kind == NOTE] == [score]


def test_what_is_about_no_span_stays() -> None:
    """Its span may never have been exported."""
    lonely = note("x", 1.0, answer="Me.")
    assert log_events.attached([MODEL, lonely]) == [MODEL, lonely]
