"""Datadog's spans are known by their kind, as the SDK sends them and as the API answers."""

from typing import Any

import pytest

from rag_eval.traces.dialects.datadog import DIALECT

SIDES = {"input": {"value": "Who?"}, "output": {"value": "Me."}}


@pytest.mark.parametrize(
    "span",
    [
        {"span_id": "1", "trace_id": "7", "meta": {"span.kind": "workflow", **SIDES}},
        {"span_id": "1", "trace_id": "7", "meta": {"span": {"kind": "workflow"}, **SIDES}},
        {"id": "x", "type": "span", "attributes": {"span_id": "1", "trace_id": "7", "span_kind": "workflow", **SIDES}},
    ],
)
def test_a_span_is_read_in_each_of_its_shapes(span: dict[str, Any]) -> None:
    """With the key of its trace."""
    assert DIALECT.recognised(span)
    ((key, read),) = DIALECT.read(span)
    assert (key, read.id, read.kind, read.question, read.answer) == ("datadog:7", "1", "CHAIN", "Who?", "Me.")


def test_a_failed_span_says_why() -> None:
    """In the words that were recorded."""
    meta = {"span.kind": "llm", "error.type": "openai.RateLimitError", "error.message": "slow down"}
    ((_, read),) = DIALECT.read({"span_id": "1", "trace_id": "7", "status": "error", "meta": meta})
    assert read.error == "RateLimitError: slow down"


@pytest.mark.parametrize("value", [{"meta": {"span.kind": "other"}, "span_id": "1", "trace_id": "7"}, {"meta": "x"}])
def test_what_is_no_such_span_is_left_alone(value: dict[str, Any]) -> None:
    """Others have a `meta` too."""
    assert not DIALECT.recognised(value)
