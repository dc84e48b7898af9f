"""The fields of a span are found by the names that it has, whoever exported it."""

from typing import Any

import pytest

from rag_eval.traces import span_layout

IDS = {"traceId": "t", "spanId": "s", "parentSpanId": "p"}


@pytest.mark.parametrize(
    "span",
    [
        IDS,
        {"name": "x", "context": {"trace_id": "t", "span_id": "s"}, "parent_id": "p"},
        {"data": {"trace.trace_id": "t", "trace.span_id": "s", "trace.parent_id": "p"}},
        {"context.trace_id": "t", "context.span_id": "s", "parent_id": "p"},
    ],
)
def test_ids_are_found_wherever_they_stand(span: dict[str, Any]) -> None:
    """In OTLP, in an SDK's context, in Honeycomb's data, in Phoenix' columns."""
    flat = span_layout.flat(span)
    layout = span_layout.of(flat)
    assert [[flat[name] for name in names] for names in (layout.trace, layout.id, layout.parent)] == [
        ["t"],
        ["s"],
        ["p"],
    ]


@pytest.mark.parametrize(
    "span",
    [
        {**IDS, "attributes": {"input.value": "q"}},
        {**IDS, "attributes": '{"input.value": "q"}'},
        {**IDS, "tags": {"input.value": "q"}},
        {**IDS, "attributes.input.value": "q"},
    ],
)
def test_attributes_are_found_wherever_they_stand(span: dict[str, Any]) -> None:
    """As an object, as JSON, as Jaeger's tags, in columns."""
    flat = span_layout.flat(span)
    assert span_layout.attributes(flat, span_layout.of(flat)) == {"input.value": "q"}


def test_empty_cells_of_a_table_are_no_attributes() -> None:
    """A table has the columns of all spans: a root is no retriever for having that of the documents."""
    span = {**IDS, "attributes.input.value": "q", "attributes.retrieval.documents": "", "attributes.x": None}
    assert span_layout.attributes(span, span_layout.of(span)) == {"input.value": "q"}


def test_a_layout_is_found_once_for_the_same_names() -> None:
    """Whatever the values."""
    assert span_layout.of(IDS) is span_layout.of(dict.fromkeys(IDS))
    assert span_layout.of(IDS) is not span_layout.of({**IDS, "status": 1})
