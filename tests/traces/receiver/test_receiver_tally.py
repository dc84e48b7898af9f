"""What was asked of the receiver and not kept is counted."""

from rag_eval.traces.receiver.tally import RequestTally


def test_refusals_are_told_by_path_client_and_reason() -> None:
    """The most frequent first, without what a terminal would obey."""
    tally = RequestTally(metrics=2)
    tally.refuse("/v1/spans", "agent\x1b[2J 10.0.0.1", "404")
    for _ in range(2):
        tally.refuse("/x" * 99, "", "415, no media")
    first, second, third = tally.lines()
    assert first == "2 requests with metrics were acknowledged and not kept"
    assert second.startswith("2 × refused: /x/x")
    assert "… from an unknown client: 415" in second
    assert third == "1 × refused: /v1/spans from agent?[2J 10.0.0.1: 404"


def test_memory_does_not_grow_with_what_is_refused() -> None:
    """A scanner asks for any number of paths."""
    tally = RequestTally()
    for number in range(1000):
        tally.refuse(f"/{number}", "x", "404")
    assert len(tally.refused) <= 51
    assert tally.refused.total() == 1000
