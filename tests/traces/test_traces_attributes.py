"""Attributes come to dotted names with plain values, in whatever shape they are sent; the others are not decoded."""

from typing import Any

import pytest

from rag_eval.traces import attributes
from rag_eval.traces.dialect import AttributeNames

NAMES = AttributeNames(prefixes=("in.", "docs"), trees=frozenset({"docs"}), encoded=frozenset({"docs"}))


@pytest.mark.parametrize(
    "raw",
    [
        {"docs": [{"id": "a"}, {"id": "b"}], "other": 1},
        {"docs": '[{"id": "a"}, {"id": "b"}]'},
        {"docs.0.id": "a", "docs.1.id": "b"},
        [{"key": "docs.0.id", "value": {"stringValue": "a"}}, {"key": "docs.1.id", "value": {"string_value": "b"}}],
    ],
)
def test_every_shape_has_the_same_names(raw: Any) -> None:
    """Nested, as JSON in a text, flat, and as OTLP has it; and back to a tree of what stands below a name."""
    found = attributes.of_span(raw, NAMES)
    assert found == {"docs.0.id": "a", "docs.1.id": "b"}
    assert attributes.under(found, "docs") == [{"id": "a"}, {"id": "b"}]
    assert attributes.indices(found, "docs") == {0, 1}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"intValue": "7"}, 7),
        ({"doubleValue": 0.5}, 0.5),
        ({"boolValue": False}, False),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}, [1, "x"]),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "x"}}]}}, {"a": "x"}),
        ({"neither": 1}, {"neither": 1}),
        ("as it is", "as it is"),
    ],
)
def test_an_any_value_is_what_it_holds(value: Any, plain: Any) -> None:
    """Of every kind that OTLP has; anything else stays."""
    assert attributes.any_value(value) == plain


def test_an_empty_list_says_that_there_was_nothing() -> None:
    """It is no missing attribute."""
    assert attributes.of_span({"docs": []}, NAMES) == {"docs": []}
