"""Rows become cases by the names of their columns, or by a mapping that somebody wrote."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval.dataset.cells import BadValueError
from rag_eval.dataset.mapping import apply, mapping
from rag_eval.errors import ConfigError


def _found(row: dict[str, Any], **fields: str) -> dict[str, Any]:
    return apply(mapping(fields), row)


def test_ragas_own_name_goes_before_an_alias_even_when_it_is_empty() -> None:
    """`response: null` beside a column `output` of some other kind means that there is no response."""
    found = _found({"user_input": "Q", "response": None, "output": [{"meta": 1}]})
    assert found.get("response") is None


def test_a_mapping_goes_before_all_names() -> None:
    """A JMESPath looks inside; a column is found by its very name, spaces and all; empty says that there is none."""
    row = {"question": "wrong", "my q": "Q", "nested": {"list": [{"a": "A"}]}, "answer": "left out"}
    found = _found(row, user_input="my q", reference="nested.list[0].a", response="")
    assert (found["user_input"], found["reference"], found.get("response")) == ("Q", "A", None)


def test_what_is_no_field_is_kept_as_metadata() -> None:
    """Further columns go along, and a metadata column is taken apart again, as JSON or as an object."""
    for held in ({"lang": "en"}, '{"lang": "en"}'):
        assert _found({"question": "Q", "page": 4, "metadata": held})["metadata"] == {"page": 4, "lang": "en"}


def test_contexts_may_be_objects_with_ids() -> None:
    """Texts and ids are taken from objects; ids only if each has one."""
    found = _found({"question": "Q", "contexts": [{"id": 7, "text": "a"}, {"id": "x", "page_content": "b"}]})
    assert (found["retrieved_contexts"], found["retrieved_context_ids"]) == (("a", "b"), ("7", "x"))
    found = _found({"question": "Q", "contexts": [{"id": 7, "text": "a"}, {"text": "b"}]})
    assert found.get("retrieved_context_ids") is None


@pytest.mark.parametrize(
    ("row", "field", "expected"),
    [
        ({"question": {"text": "Q"}}, "user_input", "a text"),
        ({"question": True}, "user_input", "a text"),
        ({"question": "Q", "contexts": 5}, "retrieved_contexts", "a list"),
        ({"question": "Q", "contexts": [5]}, "retrieved_contexts", "texts"),
        ({"question": "Q", "contexts": "[1"}, "retrieved_contexts", "JSON list"),
        ({"question": "Q", "answerable": "perhaps"}, "answerable", "true or false"),
        ({"question": "Q", "latency_s": -1}, "latency_s", "not negative"),
        ({"question": "\ud800"}, "the row", "Unicode"),
    ],
)
def test_a_value_of_another_kind_is_named(row: dict[str, Any], field: str, expected: str) -> None:
    """The field, what was expected, and what was found."""
    with pytest.raises(BadValueError) as caught:
        _found(row)
    assert caught.value.field == field
    assert expected in caught.value.expected


def test_an_unknown_field_suggests_a_near_one() -> None:
    """And a path that is none says so."""
    with pytest.raises(ConfigError, match="Did you mean user_input"):
        mapping({"user_imput": "q"})
    with pytest.raises(ConfigError, match="is not a JMESPath"):
        mapping({"user_input": "a[["})


def test_only_what_was_taken_is_left_out_of_the_metadata() -> None:
    """A column that could have been a field but was not is kept, unless it is empty."""
    row = {
        "user_input": "Q",
        "question": "other",
        "output": [{"n": 1}],
        "response": None,
        "answer": None,
        "inputs": {"k": 1},
    }
    assert _found(row)["metadata"] == {"question": "other", "output": [{"n": 1}], "inputs": {"k": 1}}
    assert _found({"q": "Q", "question": "other"}, user_input="q")["metadata"] == {"question": "other"}


@pytest.mark.parametrize("expression", ["length(n)", "no_such(n)", "l[::0]", "sort(l)"])
def test_a_path_that_cannot_read_a_row_is_a_bad_value(expression: str) -> None:
    """An expression that fails on a row names itself and what was wrong."""
    with pytest.raises(BadValueError) as caught:
        _found({"question": "Q", "n": 5, "l": [1, "a"]}, reference=expression)
    assert caught.value.field == "reference"
    assert expression in caught.value.expected


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


_names = st.sampled_from(["question", "answer", "contexts", "ground_truth", "tags", "answerable", "id", "inputs", "x"])


@settings(deadline=None)
@given(st.dictionaries(_names, _values))
def test_any_row_is_mapped_or_refused(row: dict[str, Any]) -> None:
    """Whatever a row holds, it comes out typed or as one `BadValueError`."""
    try:
        found = _found(row)
    except BadValueError as error:
        assert error.field
        assert error.expected
    else:
        assert isinstance(found["metadata"], dict)


@pytest.mark.parametrize("column", ["Tags", "tags", "TAGS", "Ground Truth"])
def test_an_empty_cell_of_a_field_is_no_metadata(column: str) -> None:
    """However the column is spelt."""
    assert _found({"question": "Q", column: None})["metadata"] == {}


def test_a_field_and_its_column_turned_round_are_told() -> None:
    """As they are with `question=user_input`, which other tools want."""
    with pytest.raises(ConfigError, match=r"fields\.frage: no such field\. The field comes first: user_input=frage\."):
        mapping({"frage": "user_input"})
