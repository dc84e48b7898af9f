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


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("1 2", ("1", "2")),
        ("doc 1", ("doc 1",)),
        ("'1','2'", ("1", "2")),
        ('"a.md"; b.md', ("a.md", "b.md")),
        ("['a', 'b']", ("a", "b")),
    ],
)
def test_ids_as_people_write_them(cell: str, ids: tuple[str, ...]) -> None:
    """Numbers are parted at spaces, quotes are no part of an id."""
    assert _found({"question": "Q", "gold_ids": cell})["reference_context_ids"] == ids


@pytest.mark.parametrize(
    ("cell", "reference"),
    [
        ("{'text': array(['six', 'at six'], dtype=object), 'answer_start': array([18, 15], dtype=int32)}", "six"),
        ("{'text': ['six'], 'answer_start': [18]}", "six"),
        ("{'text': array([nan, 'six'], dtype=object)}", "six"),
    ],
)
def test_arrays_as_pandas_writes_them(cell: str, reference: str) -> None:
    """A table of Hugging Face's, saved as CSV."""
    assert _found({"question": "Q", "answers": cell})["reference"] == reference


@pytest.mark.parametrize("cell", ["{'text': open('/etc/passwd')}", "{'text': array(['a'], ['b'])}", "[array]"])
def test_nothing_else_in_a_cell_is_called(cell: str) -> None:
    """It is no list and no object."""
    with pytest.raises(BadValueError):
        _found({"question": "Q", "answers": cell})


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


@pytest.mark.parametrize(
    "text", ["[1] The pool opens. See [2].", "[Rules](https://x.example): at six.", "[sic] At six", "[1] a [2]"]
)
def test_a_text_may_begin_with_a_bracket(text: str) -> None:
    """Footnotes, links and remarks are no lists: something stands behind the bracket."""
    found = _found({"question": "Q", "contexts": text, "ground_truths": text})
    assert (found["retrieved_contexts"], found["reference"]) == ((text,), text)


@pytest.mark.parametrize(("held", "ids"), [(17, ("17",)), (17.0, ("17",)), ([3.0, 4], ("3", "4")), ("3.5", ("3.5",))])
def test_numbers_are_ids(held: Any, ids: tuple[str, ...]) -> None:
    """A whole number has no point, whatever a table made of it."""
    found = _found({"question": "Q", "id": held, "relevant_ids": held} | ({} if isinstance(held, str) else {"id": 8.0}))
    assert found["reference_context_ids"] == ids
    assert found["id"] == ("3.5" if isinstance(held, str) else "8")


@pytest.mark.parametrize(
    ("held", "answerable"), [(1.0, True), ("Ja", True), ("Y", True), ("sí", True), ("0.0", False), ("Nein", False)]
)
def test_yes_and_no_in_other_words(held: Any, answerable: bool) -> None:  # noqa: FBT001 - a value of the table
    """As a spreadsheet, or a colleague abroad, has them."""
    assert _found({"question": "Q", "answerable": held})["answerable"] is answerable


@pytest.mark.parametrize(
    "asked",
    [
        [{"type": "text", "text": "Q?"}, {"type": "image_url", "image_url": {"url": "x"}}],
        [{"role": "system", "content": "s"}, {"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A"}],
        [{"role": "user", "content": [{"type": "text", "text": "Q?"}]}],
        {"question": "Q?", "lang": "en"},
        '{"query": "Q?"}',
    ],
)
def test_a_question_as_models_are_sent_it(asked: Any) -> None:
    """The text of its parts, the user's last message of a chat, and the question inside an object."""
    assert _found({"input": asked, "expected": [{"role": "assistant", "content": "R"}]})["user_input"] == "Q?"
    assert _found({"input": "Q?", "expected": [{"role": "assistant", "content": "R"}]})["reference"] == "R"


def test_contexts_as_columns() -> None:
    """What Hugging Face's `datasets` makes of a list of objects; a dict of something else is refused."""
    held = {"docid": ["a", "b"], "title": ["", ""], "text": ["x", "y"]}
    found = _found({"question": "Q", "positive_passages": held})
    assert (found["reference_contexts"], found["reference_context_ids"]) == (("x", "y"), ("a", "b"))
    for bad in ({"text": ["x"], "id": ["a", "b"]}, {"n": [1]}, {"text": "x"}):
        with pytest.raises(BadValueError, match="reference_contexts"):
            _found({"question": "Q", "positive_passages": bad})


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        (
            {"contexts": "one text | another"},
            "contexts: 1 cell with | or ; between texts taken as one text; a JSON list of",
        ),
        (
            {"contexts": "One text.; Another one."},
            "contexts: 1 cell with | or ; between texts taken as one text; a JSON list of",
        ),
        ({"contexts": "One text; it goes on."}, None),
        ({"contexts": "| a | b |\n| 1 | 2 |"}, None),
        ({"contexts": ["one | two", "three"]}, None),
        ({"reference": False}, "reference: 1 cell of true or false taken as the word"),
    ],
)
def test_what_may_be_meant_otherwise_is_counted(row: dict[str, Any], remark: str | None) -> None:
    """Bars that may part texts, and a truth as a reference."""
    tally = Tally()
    apply(mapping({}, CellOptions(tally=tally)), {"question": "Q", **row})
    remarks = tally.account({}).remarks("options")
    assert any(each.startswith(remark) for each in remarks) if remark else remarks == ()
