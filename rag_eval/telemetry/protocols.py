"""What spans and counters are to those who tell of their work; what makes them comes when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

Kind = Literal["CHAIN", "LLM", "EVALUATOR"]
"""OpenInference's kinds of spans, those that a run has."""

Value = str | bool | int | float | Sequence[str]
Attributes = Mapping[str, Value]


class RunSpan(Protocol):
    """What can be said about a piece of work while it goes on."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def set_content(self, attributes: Attributes) -> None:
        """Add attributes that hold words of a question, an answer or a context: only if content is asked for."""

    def event(self, name: str, attributes: Attributes) -> None:
        """Something that happened just now."""

    def failed(self, reason: str) -> None:
        """Say that the work came to nothing, by a short code."""


class OpenSpan(Protocol):
    """A span that outlives one block: it is made current where work on it is done, and ended when all is."""

    @property
    def span(self) -> RunSpan:
        """To add to."""
        ...

    def within(self) -> AbstractContextManager[object]:
        """Spans that begin in this block stand beneath it."""
        ...

    def end(self) -> None:
        """Let it be sent."""

    def drop(self) -> None:
        """Forget it: there was nothing to do."""


class SpanMaker(Protocol):
    """Makes spans and has them sent."""

    content: bool
    """Whether spans hold the words of questions, answers and contexts."""

    def span(self, name: str, kind: Kind, attributes: Attributes, *, outgoing: bool) -> AbstractContextManager[RunSpan]:
        """A span around a block."""
        ...

    def opened(self, name: str, attributes: Attributes, *, trace_id: str | None, beside: OpenSpan | None) -> OpenSpan:
        """The first span of a trace."""
        ...

    def traceparent(self) -> str | None:
        """The current span as a header; None if there is none or it is not sampled."""
        ...

    def close(self) -> None:
        """Send what waits, for a moment, and end."""


class Counters(Protocol):
    """Counts what a run does."""

    def case(self, state: str) -> None:
        """A case has come to a state."""

    def target_call(self, outcome: str, seconds: float, reason: str) -> None:
        """One request to the target has ended."""

    def judge_call(self, outcome: str, seconds: float, reason: str, tokens: tuple[int, int]) -> None:
        """One call of the judge has ended."""

    def score(self, metric: str, result: str, reason: str) -> None:
        """A metric has come to a result."""

    def breaker_is(self, state: str) -> None:
        """The circuit breaker is in a state."""

    def waited(self, seconds: float, why: str) -> None:
        """Something was waited for."""

    def move(self, what: str, by: int) -> None:
        """So many more are under way."""

    def queue(self, name: str, depth: Callable[[], int]) -> None:
        """Ask `depth` how long a queue is whenever somebody looks."""

    def plan(self, cases: int) -> None:
        """So many cases are to be asked."""

    def about(self, facts: Mapping[str, str]) -> None:
        """Which run this is."""
