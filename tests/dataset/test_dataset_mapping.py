"""From somebody's columns to the fields that RAGAs names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.dataset.mapping import BadValue, apply, mapping
from rag_eval.errors import ConfigError


def _found(row: dict[str, Any], **fields: str) -> dict[str, Any]:
    return apply(mapping(fields), row)


@pytest.mark.parametrize(
    "row",
    [
        {"user_input": "Q", "response": "A", "reference": "R", "retrieved_contexts": ["c"]},
        {"question": "Q", "answer": "A", "ground_truth": "R", "contexts": ["c"]},
        {"question": "Q", "answer": "A", "ground_truths": ["R", "other"], "contexts": ["c"]},
        {"input": "Q", "actual_output": "A", "expected_output": "R", "retrieval_context": ["c"]},
        {"query": "Q", "response": "A", "gt_answer": "R", "retrieved_contexts": [{"text": "c"}]},
        {
            "inputs": {"question": "Q"},
            "outputs": {"answer": "A"},
            "reference_outputs": {"answer": "R"},
            "contexts": ["c"],
        },
        {
            "inputs": {"messages": [{"role": "user", "content": "Q"}]},
            "outputs": "A",
            "expectations": {"expected_response": "R"},
            "contexts": ["c"],
        },
    ],
)
def test_the_names_of_the_field_are_known(row: dict[str, Any]) -> None:
    """RAGAs old and new, DeepEval, promptfoo, LangSmith and MLflow say the same thing in other words."""
    found = _found(row)
    said = {name: found[name] for name in ("user_input", "response", "reference", "retrieved_contexts")}
    assert said == {"user_input": "Q", "response": "A", "reference": "R", "retrieved_contexts": ("c",)}


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


@pytest.mark.parametrize("cell", ['["a", "b"]', "['a', 'b']"])
def test_a_cell_of_a_table_may_hold_a_list(cell: str) -> None:
    """As JSON, or as pandas writes it."""
    assert _found({"question": "Q", "contexts": cell})["retrieved_contexts"] == ("a", "b")


def test_tags_and_ids_in_a_cell_are_parted() -> None:
    """Tags at commas and semicolons, ids at semicolons; a tag that stands twice counts once."""
    found = _found({"question": "Q", "tags": "a, b; a", "reference_context_ids": "x, 1;y"})
    assert (found["tags"], found["reference_context_ids"]) == (("a", "b"), ("x, 1", "y"))


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
    with pytest.raises(BadValue) as caught:
        _found(row)
    assert caught.value.field == field
    assert expected in caught.value.expected


def test_an_unknown_field_suggests_a_near_one() -> None:
    """And a path that is none says so."""
    with pytest.raises(ConfigError, match="Did you mean user_input"):
        mapping({"user_imput": "q"})
    with pytest.raises(ConfigError, match="is not a JMESPath"):
        mapping({"user_input": "a[["})


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(["question", "answer", "contexts", "ground_truth", "tags", "answerable", "id", "inputs", "x"])


@given(st.dictionaries(_names, _values))
def test_any_row_is_mapped_or_refused(row: dict[str, Any]) -> None:
    """Whatever a row holds, it comes out typed or as one `BadValue`."""
    try:
        found = _found(row)
    except BadValue as error:
        assert error.field
        assert error.expected
    else:
        assert isinstance(found["metadata"], dict)
