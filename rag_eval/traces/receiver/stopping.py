"""When a receiver of traces has enough."""

from collections.abc import Callable

from rag_eval.traces.receiver.store import CaptureCounts

LATE_S = 6.0
"""To wait after enough traces came: an SDK sends every 5 seconds, so that a trace may still lack its last spans."""


class StopRule:
    """Says whether a receiver has enough: after some seconds, or a while after so many traces came."""

    def __init__(self, clock: Callable[[], float], seconds: float | None, traces: int | None) -> None:
        self._clock, self._seconds, self._traces = clock, seconds, traces
        self._began = clock()
        self._reached: float | None = None

    def __call__(self, counts: CaptureCounts) -> bool:
        """Whether to stop now, by what has come; asked now and then."""
        now = self._clock()
        if self._reached is None and self._traces is not None and counts.traces >= self._traces:
            self._reached = now
        late = self._reached is not None and now - self._reached >= LATE_S
        return late or (self._seconds is not None and now - self._began >= self._seconds)
