"""Whatever is sent is taken or refused, and nothing breaks."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.receiving import JSON, PROTOBUF, raw

from rag_eval.traces.receiver import requests
from rag_eval.traces.receiver.refusal import RequestRefusal

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["spans", "resource", "key", "value"]), inner, max_size=2)
    ),
    max_leaves=4,
)


_SPANS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": _VALUES | st.just("ab" * 16), "spanId": _VALUES | st.just("cd" * 8), "name": _VALUES,
        "attributes": _VALUES, "links": _VALUES, "kind": _VALUES, "startTimeUnixNano": _VALUES, "status": _VALUES,
    },
)  # fmt: skip


_SCOPES = st.fixed_dictionaries({"spans": _VALUES | st.lists(_SPANS, max_size=2)}, optional={"scope": _VALUES})


_RESOURCES = st.fixed_dictionaries(
    {}, optional={"resource": _VALUES, "scopeSpans": _VALUES | st.lists(_SCOPES, max_size=2)}
)


@given(st.lists(_RESOURCES, max_size=2))
def test_any_json_is_taken_or_refused(resources: list[Any]) -> None:
    """Nothing else comes of it, whatever stands where."""
    try:
        items = list(requests.read(json.dumps({"resourceSpans": resources}).encode(), JSON, requests.TRACES))
    except RequestRefusal as refused:
        assert refused.status == 400
    else:
        assert all(isinstance(one, requests.InvalidItem) or len(one.trace_id) == 32 for one in items)


@given(st.binary() | st.tuples(st.integers(0, 300), st.integers(0, 255)).map(lambda at: _bent(*at)))
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    """Garbage, and batches with one byte bent."""
    try:
        list(requests.read(body, PROTOBUF, requests.TRACES))
    except RequestRefusal as refused:
        assert refused.status == 400


def _bent(place: int, value: int) -> bytes:
    body = bytearray(raw(1))
    body[place % len(body)] = value
    return bytes(body)
