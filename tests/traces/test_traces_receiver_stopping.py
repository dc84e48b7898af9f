"""When a receiver of traces has enough."""

import pytest

from rag_eval.traces.receiver.stopping import LATE_S, StopRule
from rag_eval.traces.receiver.store import CaptureCounts


class _Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_enough_traces_end_it_after_the_late_spans() -> None:
    """An exporter sends every few seconds: the last trace may still be lacking some."""
    clock = _Clock()
    rule = StopRule(clock, None, 2)
    answers = []
    for clock.now, traces in ((0, 0), (5, 2), (5 + LATE_S - 1, 3), (5 + LATE_S + 0.5, 3)):
        answers.append(rule(CaptureCounts(traces=traces)))
    assert answers == [False, False, False, True]


def test_time_ends_it_whatever_came() -> None:
    """Seconds are counted from when the receiver began."""
    clock = _Clock()
    clock.now = 100.0
    rule = StopRule(clock, 3, None)
    assert not rule(CaptureCounts(traces=10**6))
    clock.now += 3
    assert rule(CaptureCounts())


@pytest.mark.parametrize("traces", [0, 10**9])
def test_without_a_limit_it_goes_on(traces: int) -> None:
    """Somebody else ends it."""
    clock = _Clock()
    rule = StopRule(clock, None, None)
    clock.now = 1e9
    assert not rule(CaptureCounts(traces=traces))
