"""JSON that is too large to be read at once comes in pieces that say the same."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.traces.reading import json_cursor


def row(number: int) -> dict[str, Any]:
    """A trace of one span."""
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "ask",
        "attributes": {"input.value": f"Question {number}?", "output.value": f"Answer {number}."},
    }


def pieces_of(raw: bytes, monkeypatch: pytest.MonkeyPatch, whole: int) -> list[Any]:
    """The pieces of a document when only so much is read at once."""
    monkeypatch.setattr(json_cursor, "WHOLE", whole)
    monkeypatch.setattr(json_cursor, "_CHUNK", 16)
    return list(json_cursor.pieces(json_cursor.JsonCursor(b"", io.BytesIO(raw).read)))


def test_an_object_that_is_too_large_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece has around it what stood before it."""
    value = {"resourceSpans": [{"resource": {"a": 1}, "scopeSpans": [{"spans": [row(1), row(2)]}]}]}
    found = pieces_of(json.dumps(value).encode(), monkeypatch, 40)
    assert found == [
        {"resourceSpans": [{"resource": {"a": 1}, "scopeSpans": [{"spans": [row(number)]}]}]} for number in (1, 2)
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=6), st.sampled_from([None, 0, 2]))
def test_a_list_comes_out_as_it_is(values: list[Any], indent: int | None) -> None:
    """Whatever the spacing, the cursor gives the members of a list, in order, those inside lists one by one."""
    text = json.dumps(values, indent=indent).encode()
    flat = list(_flat(values))
    assert list(json_cursor.pieces(json_cursor.JsonCursor(b"", io.BytesIO(text).read))) == flat


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield value
