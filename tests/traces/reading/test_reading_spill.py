"""Parts of a trace come together however far apart they were read."""

import pytest

from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.reading.spill import SpillBuffer
from rag_eval.traces.span import RetrievedDocument, TracePart, TraceSpan


@pytest.mark.slow
def test_traces_and_their_parts_keep_the_order_of_their_first_appearance() -> None:
    """More than one batch of them."""
    with SpillBuffer() as buffer:
        parts = (TracePart(f"t{number % 1500}", "f", number, TraceSpan(name=str(number))) for number in range(4500))
        buffer.add(parts)
        found = [trace.parts for trace in buffer.traces()]
    assert [trace[0].key for trace in found] == [f"t{number}" for number in range(1500)]
    assert [[part.line for part in trace] for trace in found[:2]] == [[0, 1500, 3000], [1, 1501, 3001]]


def test_bodies_of_every_kind_come_back_as_they_were() -> None:
    """A span, an exchange, and why there is none."""
    bodies: tuple[TraceSpan | Exchange | SkippedTrace, ...] = (
        TraceSpan(question="Who?", documents=(RetrievedDocument(text="A.", id="a", score=0.5),)),
        Exchange("f", 1, "jsonl", None, "Who?", contexts=("A.",), context_scores=(0.5,), metadata={"a": [1]}),
        SkippedTrace("f", 2, None, "no_question", "the row has no question"),
    )
    with SpillBuffer() as buffer:
        buffer.add(TracePart(str(number), "f", number, body) for number, body in enumerate(bodies))
        assert tuple(part.body for trace in buffer.traces() for part in trace.parts) == bodies
