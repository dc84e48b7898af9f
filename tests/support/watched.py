"""Spans and counters that are kept in memory, as whoever watches a run is told of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rag_eval.telemetry.protocols import Attributes, Kind, OpenSpan


@dataclass
class KeptSpan:
    """A span, with all that was said of it."""

    name: str
    attributes: dict[str, Any]
    above: str | None = None
    """The span that it stands beneath."""
    trace_id: str | None = None
    outgoing: bool = False
    words: dict[str, Any] = field(default_factory=dict)
    """What was said of questions, answers and contexts."""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failure: str | None = None
    ended: bool = False
    dropped: bool = False

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        self.attributes.update(attributes)

    def set_content(self, attributes: Attributes) -> None:
        """Add words."""
        self.words.update(attributes)

    def event(self, name: str, attributes: Attributes) -> None:
        """Keep what happened."""
        self.events.append((name, dict(attributes)))

    def failed(self, reason: str) -> None:
        """Keep why."""
        self.failure = reason


@dataclass
class KeptOpening:
    """A span that is ended by hand."""

    span: KeptSpan
    spans: "KeptSpans"

    @contextmanager
    def within(self) -> Iterator[None]:
        """Spans that begin in this block stand beneath it."""
        with self.spans.beneath(self.span):
            yield

    def end(self) -> None:
        """It is whole."""
        self.span.ended = True

    def drop(self) -> None:
        """There was nothing to do."""
        self.span.dropped = True


class KeptSpans:
    """Makes spans and keeps them."""

    def __init__(self, *, content: bool = False) -> None:
        self.content = content
        self.made: list[KeptSpan] = []
        self.closed = False
        self._open: list[KeptSpan] = []

    def named(self, name: str) -> KeptSpan:
        """The one span of this name."""
        [span] = [span for span in self.made if span.name == name]
        return span

    @contextmanager
    def beneath(self, span: KeptSpan) -> Iterator[KeptSpan]:
        """Spans that begin in this block stand beneath a span."""
        self._open.append(span)
        try:
            yield span
        finally:
            self._open.remove(span)

    def _keep(self, span: KeptSpan) -> KeptSpan:
        self.made.append(span)
        return span

    @contextmanager
    def span(self, name: str, kind: Kind, attributes: Attributes, *, outgoing: bool) -> Iterator[KeptSpan]:
        """A span around a block."""
        above = self._open[-1].name if self._open else None
        made = self._keep(KeptSpan(name, {"kind": kind, **attributes}, above, outgoing=outgoing))
        with self.beneath(made):
            yield made
        made.ended = True

    def opened(
        self, name: str, attributes: Attributes, *, trace_id: str | None, beside: OpenSpan | None
    ) -> KeptOpening:
        """The first span of a trace."""
        return KeptOpening(self._keep(KeptSpan(name, dict(attributes), trace_id=trace_id)), self)

    def traceparent(self) -> str | None:
        """No header."""
        return None

    def close(self) -> None:
        """Remember it."""
        self.closed = True


class KeptCounts:
    """Keeps every call, by its name."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def of(self, name: str) -> list[list[Any]]:
        """What was given to the calls of one name."""
        return [given for called, *given in self.calls if called == name]

    def case(self, state: str) -> None:
        """A case has come to a state."""
        self.calls.append(("case", state))

    def target_call(self, outcome: str, seconds: float, reason: str) -> None:
        """A request to the target."""
        self.calls.append(("target_call", outcome, seconds, reason))

    def judge_call(self, outcome: str, seconds: float, reason: str, tokens: tuple[int, int]) -> None:
        """A call of the judge, without the time that it took."""
        self.calls.append(("judge_call", outcome, reason, tokens))

    def score(self, metric: str, result: str, reason: str) -> None:
        """What a metric came to."""
        self.calls.append(("score", metric, result, reason))

    def breaker_is(self, state: str) -> None:
        """The breaker's state."""
        self.calls.append(("breaker_is", state))

    def waited(self, seconds: float, why: str) -> None:
        """A wait."""
        self.calls.append(("waited", seconds, why))

    def move(self, what: str, by: int) -> None:
        """So many more are under way."""
        self.calls.append(("move", what, by))

    def queue(self, name: str, depth: Callable[[], int]) -> None:
        """How long a queue is."""
        self.calls.append(("queue", name, depth()))

    def plan(self, cases: int) -> None:
        """So many are to be asked."""
        self.calls.append(("plan", cases))

    def about(self, facts: Mapping[str, str]) -> None:
        """Which run this is."""
        self.calls.append(("about", dict(facts)))
