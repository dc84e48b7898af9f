"""What somebody says of the spans of a service, where no rule can know: which retrieves, which answers, who asked."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from rag_eval.traces import message_text, passages
from rag_eval.traces.span import TraceSpan

_OUTPUTS = (
    "output.value", "traceloop.entity.output", "mlflow.spanOutputs", "langfuse.observation.output",
    "gen_ai.tool.call.result", "haystack.component.output", "documents", "output",
)  # fmt: skip
"""Attributes in which spans hold what they gave back."""


@dataclass(frozen=True)
class SpanSettings:
    """Names of spans, and of an attribute; what is None is found by the rules."""

    retriever: str | None = None
    """Name of the spans that retrieve; no others do then."""
    answer: str | None = None
    """Name of the span that gives the answer back; the last, where there are several."""
    question: str | None = None
    """Attribute of a span that holds the question."""
    contexts: Literal["prompt", "retrieved"] = "prompt"
    """Whether passages count that were retrieved and do not stand in the prompt of the answer."""

    def fields(self, name: str, attributes: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a span that the settings tell, by its name and attributes."""
        chosen: dict[str, Any] = {}
        if self.question and (question := message_text.question(attributes.get(self.question))):
            chosen = {"question": question, "chosen": True}
        if name == self.retriever and fields.get("documents") is None:
            listed = (passages.documents(attributes[key]) for key in _OUTPUTS if attributes.get(key) is not None)
            chosen["documents"] = next((documents for documents in listed if documents is not None), None)
        return chosen

    def applied(self, spans: Sequence[TraceSpan]) -> list[TraceSpan]:
        """The spans of a trace, of which those that are named retrieve and no others."""
        if not any(span.name == self.retriever for span in spans):
            return list(spans)
        return [self._as_retriever(span) if span.name == self.retriever else _as_other(span) for span in spans]

    def _as_retriever(self, span: TraceSpan) -> TraceSpan:
        documents = span.carried if span.documents is None else span.documents
        return span._replace(kind="RETRIEVER", documents=documents, carried=None, query=span.query or span.question)


def _as_other(span: TraceSpan) -> TraceSpan:
    return span._replace(documents=None, carried=None) if span.kind != "RERANKER" else span


BY_RULES = SpanSettings()
"""Nothing is named: everything is found by the rules."""
_CURRENT: ContextVar[SpanSettings | None] = ContextVar("span_settings", default=None)


def current() -> SpanSettings:
    """The settings under which spans are being read."""
    return _CURRENT.get() or BY_RULES


@contextlib.contextmanager
def using(settings: SpanSettings) -> Iterator[None]:
    """Read spans under these settings; nothing may be yielded inside to whoever reads other traces meanwhile."""
    token = _CURRENT.set(settings)
    try:
        yield
    finally:
        _CURRENT.reset(token)
