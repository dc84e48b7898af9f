"""What names of attributes tell by themselves is the same however often they are asked."""

from typing import Any

import pytest

from rag_eval.traces import attribute_shape


@pytest.mark.parametrize(
    ("named", "tree"),
    [
        ({"a.0.id": 1, "a.1.id": 2}, [{"id": 1}, {"id": 2}]),
        ({"a.10": "k", "a.2": "c"}, ["c", "k"]),
        ({"a.b.c": 1, "a.d": 2, "other": 3}, {"b": {"c": 1}, "d": 2}),
        ({"a.b": 1, "a.b.c": 2}, {"b": {"": 1, "c": 2}}),
        ({"a.b": None, "a.b.0.c": 2}, {"b": [{"c": 2}]}),
        ({"a.b": 1, "a.b.0": 2}, {"b": {"": 1, "0": 2}}),
    ],
)
def test_what_is_named_below_a_name_is_a_tree(named: dict[str, Any], tree: Any) -> None:
    """Numbers are places in a list, in their order; what has a value of its own keeps it under no name."""
    grow = attribute_shape.of(named).below("a")
    assert grow is not None
    assert grow(named) == tree


def test_what_was_asked_once_is_remembered_by_the_names_alone() -> None:
    """Another span with the same names has the same shape, with values of its own."""
    shape = attribute_shape.of({"docs.0.id": "a", "docs.1.id": "b"})
    assert attribute_shape.of(["docs.0.id", "docs.1.id"]) is shape
    assert shape.below("docs") is shape.below("docs")
    assert shape.below("doc") is None
    assert shape.indices("docs") == {0, 1}
    assert shape.begins(("docs.1", "x"))
    assert not shape.begins(("x",))


def test_a_span_of_very_many_names_is_read_and_not_remembered() -> None:
    """They would fill the memory."""
    names = [f"docs.{number}" for number in range(1000)]
    assert attribute_shape.of(names) is not attribute_shape.of(names)
    assert attribute_shape.of(names).indices("docs") == set(range(1000))
