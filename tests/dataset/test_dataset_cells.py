"""What stands in a cell becomes a text, a list, an id or a number, or is refused."""

import json
from typing import Any

import pytest

from rag_eval.dataset.account import Tally
from rag_eval.dataset.cells import BadValueError, CellOptions
from rag_eval.dataset.mapping import apply, mapping


def _found(row: dict[str, Any], **fields: str) -> dict[str, Any]:
    return apply(mapping(fields), row)


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
    known = CellOptions(ids={"Smith, 2020", "b"})
    assert set(apply(mapping({}, known), row)["reference_context_ids"]) == {"Smith, 2020", "b"}
    assert not known.tally.parted
    unknown = CellOptions()
    parted = isinstance(ids, str) and not ids.startswith("[")
    found = apply(mapping({}, unknown), row)["reference_context_ids"]
    assert (len(found), bool(unknown.tally.parted)) == ((3, True) if parted else (2, False))


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
        with pytest.raises(BadValueError, match=name) as caught:
            _found({"question": "Q", name: cell})
        assert caught.value.expected.startswith(("a JSON list", "texts", "a list of ids"))


@pytest.mark.parametrize("nothing", [None, "", " \n", [], [""], [" "], float("nan")])
def test_a_blank_reference_is_none(nothing: Any) -> None:
    """However nothing is written, there is no reference then."""
    assert _found({"question": "Q", "reference": nothing}).get("reference") is None


def test_numbers_too_large_are_refused() -> None:
    """A latency that no float can hold is refused as one below zero is."""
    with pytest.raises(BadValueError, match="latency_s"):
        _found({"question": "Q", "latency_s": 10**400})


@pytest.mark.parametrize(
    "cell", [["a", None, "b"], '["a", null, "b"]', '["a", NaN, "b"]', "['a', nan, 'b']", "['a', None, 'b']"]
)
def test_a_null_in_a_list_is_no_data(cell: Any) -> None:
    """It is left out of texts, ids, tags and alternatives, whoever wrote the list, and counted."""
    tally = Tally()
    row = {"question": "Q", "contexts": cell, "gold_ids": cell, "tags": cell, "reference": ["a", None]}
    found = apply(mapping({}, CellOptions(tally=tally)), row)
    assert found["retrieved_contexts"] == found["reference_context_ids"] == found["tags"] == ("a", "b")
    assert found["reference"] == "a"
    assert "contexts: 1 null in a list left out, as no data" in tally.account({}).remarks("options")


def test_contexts_without_nulls_keep_their_ids() -> None:
    """Both of a place are left out; a half of a pair is refused, as either would be of another passage."""
    row = {"question": "Q", "contexts": ["a", None, "b"]}
    assert _found({**row, "context_ids": ["1", None, "3"]})["retrieved_context_ids"] == ("1", "3")
    assert _found({**row, "contexts": [{"id": 1, "text": "a"}, None]})["retrieved_context_ids"] == ("1",)
    with pytest.raises(BadValueError) as caught:
        _found({**row, "context_ids": ["1", "2", "3"]})
    assert (caught.value.field, caught.value.expected[:21]) == ("retrieved_contexts", "a text for the id '2'")
    with pytest.raises(BadValueError) as caught:
        _found({"question": "Q", "contexts": ["a", "b"], "context_ids": ["1", None]})
    assert (caught.value.field, caught.value.expected[:20]) == ("retrieved_context_ids", "an id for each text,")
