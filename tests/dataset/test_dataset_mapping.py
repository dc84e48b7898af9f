"""From somebody's columns to the fields that RAGAs names."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval.dataset.account import Tally
from rag_eval.dataset.cells import BadValue, Reading
from rag_eval.dataset.mapping import apply, mapping
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
    """Tags at commas and semicolons, ids at bars and line ends too; a tag that stands twice counts once."""
    found = _found({"question": "Q", "tags": "a, b; a", "reference_context_ids": "x, 1;y | z\n2"})
    assert (found["tags"], found["reference_context_ids"]) == (("a", "b"), ("x", "1", "y", "z", "2"))


@pytest.mark.parametrize("ids", [["Smith, 2020", "b"], '["Smith, 2020", "b"]', "Smith, 2020; b", "b | Smith, 2020"])
def test_an_id_with_a_comma_stays_whole_where_that_is_known(ids: Any) -> None:
    """In a list it is whole; in a cell it is if the corpus has it, and is taken apart, and counted, if not."""
    row = {"question": "Q", "relevant_ids": ids}
    known = Reading(ids={"Smith, 2020", "b"})
    assert set(apply(mapping({}, known), row)["reference_context_ids"]) == {"Smith, 2020", "b"}
    assert not known.tally.parted
    unknown = Reading()
    parted = isinstance(ids, str) and not ids.startswith("[")
    found = apply(mapping({}, unknown), row)["reference_context_ids"]
    assert (len(found), bool(unknown.tally.parted)) == ((3, True) if parted else (2, False))


@pytest.mark.parametrize(
    "headers",
    [
        ("Question ", "Ground Truth", "Reference Contexts"),
        ("\ufeffquestion", "groundTruth", "referenceContexts"),
        ("QUESTION", "ground-truth", "reference contexts"),
        ("User Input", "Reference Answer", "Gold-Contexts"),
    ],
)
def test_names_are_known_in_any_spelling(headers: tuple[str, str, str]) -> None:
    """Case, spaces, hyphens, camel case and marks make no other column of one; an exact name goes before a near one."""
    found = _found(dict(zip(headers, ("Q", "R", ["c"]), strict=True)))
    assert (found["user_input"], found["reference"], found["reference_contexts"]) == ("Q", "R", ("c",))
    assert found["metadata"] == {}
    found = _found({"Question": "near", "question": "exact"})
    assert (found["user_input"], found["metadata"]) == ("exact", {"Question": "near"})


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


def test_ids_in_reference_contexts_and_in_cells() -> None:
    """Ids are taken from objects for both kinds of contexts, also out of a cell; not where they are said to be none."""
    held = [{"id": "x", "text": "a"}, {"doc_id": 2, "body": "b"}]
    for contexts in (held, json.dumps(held), str(held)):
        found = _found({"question": "Q", "reference_contexts": contexts, "contexts": contexts})
        assert found["reference_contexts"] == found["retrieved_contexts"] == ("a", "b")
        assert found["reference_context_ids"] == found["retrieved_context_ids"] == ("x", "2")
        found = _found({"question": "Q", "contexts": contexts}, retrieved_context_ids="")
        assert "retrieved_context_ids" not in found


@pytest.mark.parametrize(
    "cell",
    [
        "['a' 'b']",
        "['a'\n 'b']",
        "['a', ...]",
        "[{[]: 1}]",
        "[inf]",
        "[1",
        "['a', b'c']",
        "[" * 3000,
        "[0x" + "f" * 9000 + "]",
    ],
    ids=lambda cell: cell[:12],
)
def test_a_list_that_can_only_be_guessed_is_refused(cell: str) -> None:
    """NumPy's lists have no commas, and Python would glue their texts together; others are no lists at all."""
    for name in ("retrieved_contexts", "reference_context_ids", "tags"):
        with pytest.raises(BadValue, match=name) as caught:
            _found({"question": "Q", name: cell})
        assert caught.value.expected.startswith(("a JSON list", "texts", "a list of ids"))


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


@pytest.mark.parametrize("column", ["gold-answer", "gold (en)", "gold_answer text", "answers[0]", "a.b", "Réponse 2"])
def test_a_column_is_found_by_its_very_name(column: str) -> None:
    """Also by one that is no JMESPath, or would be another one."""
    row = {"question": "Q", column: "R", "answers": ["wrong"], "a": {"b": "wrong"}}
    assert _found(row, reference=column)["reference"] == "R"
    assert _found(row, reference=json.dumps(column, ensure_ascii=False))["reference"] == "R"


@pytest.mark.parametrize("expression", ["length(n)", "no_such(n)", "l[::0]", "sort(l)"])
def test_a_path_that_cannot_read_a_row_is_a_bad_value(expression: str) -> None:
    """An expression that fails on a row names itself and what was wrong."""
    with pytest.raises(BadValue) as caught:
        _found({"question": "Q", "n": 5, "l": [1, "a"]}, reference=expression)
    assert caught.value.field == "reference"
    assert expression in caught.value.expected


@pytest.mark.parametrize("nothing", [None, "", " \n", [], [""], [" "], float("nan")])
def test_a_blank_reference_is_none(nothing: Any) -> None:
    """However nothing is written, there is no reference then."""
    assert _found({"question": "Q", "reference": nothing}).get("reference") is None


def test_numbers_too_large_are_refused() -> None:
    """A latency that no float can hold is refused as one below zero is."""
    with pytest.raises(BadValue, match="latency_s"):
        _found({"question": "Q", "latency_s": 10**400})


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(["question", "answer", "contexts", "ground_truth", "tags", "answerable", "id", "inputs", "x"])


@settings(deadline=None)
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


@pytest.mark.parametrize(
    "cell", [["a", None, "b"], '["a", null, "b"]', '["a", NaN, "b"]', "['a', nan, 'b']", "['a', None, 'b']"]
)
def test_a_null_in_a_list_is_no_data(cell: Any) -> None:
    """It is left out of texts, ids, tags and alternatives, whoever wrote the list, and counted."""
    tally = Tally()
    row = {"question": "Q", "contexts": cell, "gold_ids": cell, "tags": cell, "reference": ["a", None]}
    found = apply(mapping({}, Reading(tally=tally)), row)
    assert found["retrieved_contexts"] == found["reference_context_ids"] == found["tags"] == ("a", "b")
    assert found["reference"] == "a"
    assert "contexts: 1 null in a list left out, as no data" in tally.account({}).remarks("options")


def test_contexts_without_nulls_keep_their_ids() -> None:
    """Both of a place are left out; a half of a pair is refused, as either would be of another passage."""
    row = {"question": "Q", "contexts": ["a", None, "b"]}
    assert _found({**row, "context_ids": ["1", None, "3"]})["retrieved_context_ids"] == ("1", "3")
    assert _found({**row, "contexts": [{"id": 1, "text": "a"}, None]})["retrieved_context_ids"] == ("1",)
    with pytest.raises(BadValue) as caught:
        _found({**row, "context_ids": ["1", "2", "3"]})
    assert (caught.value.field, caught.value.expected[:21]) == ("retrieved_contexts", "a text for the id '2'")
    with pytest.raises(BadValue) as caught:
        _found({"question": "Q", "contexts": ["a", "b"], "context_ids": ["1", None]})
    assert (caught.value.field, caught.value.expected[:20]) == ("retrieved_context_ids", "an id for each text,")


@pytest.mark.parametrize("column", ["Tags", "tags", "TAGS", "Ground Truth"])
def test_an_empty_cell_of_a_field_is_no_metadata(column: str) -> None:
    """However the column is spelt."""
    assert _found({"question": "Q", column: None})["metadata"] == {}
