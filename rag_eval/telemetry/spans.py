"""Spans of a run, as OpenTelemetry has them; nothing at all where no endpoint is configured."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Literal, Protocol

from rag_eval.telemetry.live import LIVE

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


class _Nothing:
    """A span, opened and current, where none are kept."""

    @property
    def span(self) -> RunSpan:
        return self

    def __enter__(self) -> RunSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def set(self, attributes: Attributes) -> None:
        pass

    def set_content(self, attributes: Attributes) -> None:
        pass

    def event(self, name: str, attributes: Attributes) -> None:
        pass

    def failed(self, reason: str) -> None:
        pass

    def within(self) -> AbstractContextManager[object]:
        return nullcontext()

    def end(self) -> None:
        pass

    def drop(self) -> None:
        pass


NOTHING = _Nothing()


def span(
    name: str, kind: Kind = "CHAIN", attributes: Attributes | None = None, *, outgoing: bool = False
) -> AbstractContextManager[RunSpan]:
    """A span around a block, beneath the one that is current; `outgoing` where another service is called.

    What is raised through it is named by its reason, or its type, and never by its message.
    """
    if LIVE.tracer is None:
        return NOTHING
    return LIVE.tracer.span(name, kind, attributes or {}, outgoing=outgoing)


def opened(
    name: str, attributes: Attributes, *, trace_id: str | None = None, beside: OpenSpan | None = None
) -> OpenSpan:
    """The first span of a trace, with that trace id, linked to the one that it stands beside."""
    if LIVE.tracer is None:
        return NOTHING
    return LIVE.tracer.opened(name, attributes, trace_id=trace_id, beside=beside)


def traceparent() -> str | None:
    """The header that puts a service's spans beneath the current one (W3C Trace Context); None where there is none."""
    return LIVE.tracer.traceparent() if LIVE.tracer is not None else None
