"""Where the fields of a span stand that it has beside its attributes, by the names of whoever exported it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rag_eval.traces import jsontext

_REMEMBERED = 512
_LONGEST = 64
"""Fields of a span whose names are remembered."""
_IN_COLUMNS = "attributes."


@dataclass(frozen=True)
class SpanLayout:
    """For each field those of its names that a span has, in the order in which they count."""

    trace: tuple[str, ...] = ("traceId", "trace_id", "traceID", "trace.trace_id", "context.trace_id")
    id: tuple[str, ...] = ("spanId", "span_id", "spanID", "trace.span_id", "context.span_id")
    parent: tuple[str, ...] = (
        "parentSpanId", "parent_span_id", "parent_id", "parentId", "trace.parent_id", "parentSpanID",
    )  # fmt: skip
    name: tuple[str, ...] = ("name", "operationName")
    kind: tuple[str, ...] = ("span_kind", "spanKind", "kind", "openinference.span.kind")
    start: tuple[str, ...] = (
        "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timestamp", "time", "Timestamp",
    )  # fmt: skip
    end: tuple[str, ...] = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
    took: tuple[str, ...] = ("duration", "duration_ms")
    attributes: tuple[str, ...] = ("attributes", "tags")
    events: tuple[str, ...] = ("events",)
    status: tuple[str, ...] = ("status", "status_code", "statusCode", "status_message")
    annotations: tuple[str, ...] = ("annotations", "span_annotations", "spanAnnotations")
    dropped: tuple[str, ...] = ("droppedAttributesCount", "dropped_attributes_count")
    inside: tuple[str, ...] = ("context", "data")
    """What may have some of the others inside."""
    columns: tuple[str, ...] = ()
    """Attributes in columns of their own."""


_ALL = SpanLayout()


def of(span: Mapping[str, Any]) -> SpanLayout:
    """The layout of a span, the one that is known where another with these names was seen before."""
    names = tuple(span)
    return _known(names) if len(names) <= _LONGEST else _found(names)


def _found(names: tuple[str, ...]) -> SpanLayout:
    there = frozenset(names)
    by_field = {each.name: tuple(name for name in getattr(_ALL, each.name) if name in there) for each in fields(_ALL)}
    return SpanLayout(**by_field | {"columns": tuple(name for name in names if name.startswith(_IN_COLUMNS))})


_known = functools.lru_cache(maxsize=_REMEMBERED)(_found)


def flat(span: Mapping[str, Any]) -> Mapping[str, Any]:
    """A span with its ids beside the rest, out of an SDK's or Phoenix' `context` or Honeycomb's `data`."""
    if isinstance(span.get("attributes"), str):  # as Phoenix' GraphQL has them
        span = {**span, "attributes": jsontext.within(span["attributes"])}
    if not of(span).inside:
        return span
    merged: Mapping[str, Any] = span
    if isinstance(context := span.get("context"), dict):
        merged = {**span, **context}
    if isinstance(data := span.get("data"), dict) and "trace.trace_id" in data:
        merged = {**span, **data}
    return merged


def attributes(span: Mapping[str, Any], layout: SpanLayout) -> Any:
    """The attributes of a span, also where they stand in columns beside its ids."""
    for name in layout.attributes:
        if isinstance(span[name], dict | list):
            return span[name]
    filled = [name for name in layout.columns if span[name] not in (None, "")]  # a table has the columns of all spans
    return {name.removeprefix(_IN_COLUMNS): span[name] for name in filled} or ({} if layout.columns else span)
