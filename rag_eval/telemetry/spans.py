"""Spans of a run, as OpenTelemetry has them; nothing at all where no endpoint is configured."""

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from rag_eval.telemetry.live import LIVE
from rag_eval.telemetry.protocols import Attributes, Kind, OpenSpan, RunSpan


class _Nothing:
    """A span, opened and current, where none are kept."""

    @property
    def span(self) -> RunSpan:
        """To add to."""
        return self

    def __enter__(self) -> RunSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def set_content(self, attributes: Attributes) -> None:
        """Add attributes that hold words of a question, an answer or a context, if they are asked for."""

    def event(self, name: str, attributes: Attributes) -> None:
        """Something that happened just now."""

    def failed(self, reason: str) -> None:
        """Say that the work came to nothing, by a short code."""

    def within(self) -> AbstractContextManager[object]:
        """Spans that begin in this block stand beneath it."""
        return nullcontext()

    def end(self) -> None:
        """Let it be sent."""

    def drop(self) -> None:
        """Forget it."""


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
