"""What the attributes of a span mean, whoever wrote them.

A span may carry several families of names at once, such as OpenInference's inside MLflow's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rag_eval.traces import values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import Attributes, SpanEvent
from rag_eval.traces.dialects import catalogue

_AS_METADATA = ("model", "index", "reference")
_SESSIONS = ("session.id", "thread_id", "conversation_id", "conversation.id", "session_id", "thread.id")
_NOTHING: tuple[Any, ...] = ("", {})
_MERGED = ("scores", "labels")


def describe(attributes: Mapping[str, Any], events: Iterable[SpanEvent] = ()) -> dict[str, Any]:
    """Fields of a span as the first dialect that tells them has them; `dialect` is the first that tells anything."""
    events = tuple(events)
    fields: dict[str, Any] = {}
    for dialect in catalogue.about(attributes) if not events else catalogue.installed():
        own = dialect.describe(attributes, events)
        if not own:
            continue
        if not fields:
            fields = {name: value for name, value in own.items() if value is not None and value not in _NOTHING}
            fields["dialect"] = dialect.name
            continue
        for name, value in own.items():
            if name in _MERGED:
                fields[name] = {**value, **fields.get(name, {})}
            elif _told(value) and not _told(fields.get(name)):
                fields[name] = value
    extra = {name: fields.pop(name) for name in _AS_METADATA if name in fields}
    if extra.get("model") == "unknown":
        del extra["model"]
    if "conversation" not in fields and begin(attributes, _SESSIONS):
        fields |= {"conversation": session} if (session := values.text(values.first(attributes, *_SESSIONS))) else {}
    if "confidence" not in fields and (number := values.number(attributes.get("confidence"))) is not None:
        fields["confidence"] = number
    return {**fields, "metadata": extra}


def _told(value: Any) -> bool:
    """Whether a field says anything; an empty list and a zero do."""
    return value is not None and value not in _NOTHING


def trace_key(attributes: Attributes) -> str | None:
    """Key of the trace that the attributes name, where a dialect groups its spans by another id than the trace's."""
    for dialect in catalogue.keyed():
        prefixes = dialect.names.prefixes
        if (not prefixes or begin(attributes, prefixes)) and (key := dialect.trace_key(attributes)):
            return key
    return None
