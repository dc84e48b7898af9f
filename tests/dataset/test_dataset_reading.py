"""From a path to cases: what is found there, what is wrong with it, and where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, cases
from rag_eval.errors import ConfigError

Save = Callable[[str, str | bytes], Path]


ReadItems = Callable[..., list[Item | RowProblem]]


def test_problems_have_a_place_and_reading_goes_on(save: Save, read_items: ReadItems) -> None:
    """Every problem gives file, line, field, expected and found; rows around it are read, in the order of the file."""
    path = save("a.csv", 'question,answerable,contexts\nq1,true,\n,no,\nq3,perhaps,\n"q\n4",,[1]\nq5\nq6,no,text\n')
    found = read_items(path)
    assert [one.line for one in found] == [2, 3, 4, 5, 7, 8]
    assert [str(one).removeprefix(f"{path}:") for one in found if isinstance(one, RowProblem)] == [
        "3: user_input: expected a question, found None",
        "4: answerable: expected true or false, found 'perhaps'",
        "5: retrieved_contexts: expected texts, or objects with a text, found 1",
        "7: the row: expected 3 cells, found 1: ['q5']",
    ]


def test_ids_are_made_of_question_and_reference(save: Save, read_items: ReadItems) -> None:
    """A row without an id gets the same one in every file; the same question and reference twice is a problem."""
    first = read_items(save("a.jsonl", '{"question": "q", "ground_truth": "r"}\n{"question": "q"}'))
    again = read_items(save("b.csv", "page,user_input,reference,id\n3,q,r,\n4,q,,\n5,q,r,\n"))
    made = [one.case.id for one in [*first, *again] if isinstance(one, Item)]
    assert made == [made[0], made[1]] * 2
    assert made[0] != made[1]
    assert isinstance(again[2], RowProblem)
    assert (again[2].line, again[2].field, again[2].found) == (
        4,
        "id",
        f"{made[0]!r} as in line 2, made of the same question and reference",
    )


def test_variables_in_paths(save: Save, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`${NAME}` in the path and in the corpus is taken from the environment; an unset one is named."""
    save("pages/a.md", "# A\n## One\ntext\n")
    save("a.jsonl", '{"question": "q", "reference_context_ids": ["a#one"]}')
    said = config.DatasetConfig(path="${HERE_IT_IS}/a.jsonl", corpus="${HERE_IT_IS}/pages")
    with pytest.raises(ConfigError, match=r"dataset\.corpus: environment variable HERE_IT_IS is not set"):
        list(cases(said))
    monkeypatch.setenv("HERE_IT_IS", str(tmp_path))
    assert [item.case.reference_contexts for item in cases(said)] == [("One\ntext",)]


def test_corpus_fills_only_what_is_missing(save: Save, read_items: ReadItems, tmp_path: Path) -> None:
    """Contexts come from the corpus by their ids; those of the row stay, and without ids there are none to know."""
    save("corpus.csv", "id,text\na,A\nb,B\n")
    rows: list[dict[str, Any]] = [
        {"question": "1", "reference_context_ids": ["b", "a"]},
        {"question": "2", "reference_context_ids": ["b"], "reference_contexts": ["mine"]},
        {"question": "3", "reference_context_ids": []},
        {"question": "4"},
    ]
    found = read_items(save("a.jsonl", "\n".join(map(json.dumps, rows))), corpus=str(tmp_path / "corpus.csv"))
    assert [one.case.reference_contexts for one in found if isinstance(one, Item)] == [("B", "A"), ("mine",), (), None]


REAL: dict[str, dict[str, Any]] = {
    "begin_wow/data.jsonl": {"rows": 2051},
    "clapnq_dev/data.jsonl": {"rows": 600},
    "cranfield/queries.jsonl": {"rows": 225},
    "factscore_claims/data.jsonl": {"rows": 274},
    "halueval_qa_1000/data.jsonl": {"rows": 2000},
    "hotpotqa_100/data.jsonl": {"rows": 100},
    "mtrag_human_eval/data.jsonl": {"rows": 231},
    "nomiracl_en/data.jsonl": {"rows": 500, "fields": {"answerable": "human_answerable"}},
    "ragas_alignment/data.jsonl": {"rows": 40},
    "ragchecker_meta/data.jsonl": {"rows": 560, "fields": {"response": "response_a"}},
    "refchecker_claims/data.jsonl": {"rows": 2100, "fields": {"user_input": "id"}},
    "xquad_en/data.jsonl": {"rows": 1190, "fields": {"reference_contexts": "retrieved_contexts"}},
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_published_sets(realdata: Path, read_items: ReadItems, name: str) -> None:
    """Every published set is read whole, with a mapping where its names are its own."""
    found = read_items(realdata / name, fields=REAL[name].get("fields", {}))
    assert [str(one) for one in found if isinstance(one, RowProblem)] == []
    assert len(found) == REAL[name]["rows"]


@pytest.mark.realdata
def test_published_set_without_questions(realdata: Path, read_items: ReadItems) -> None:
    """A set of answers without questions is refused row by row, with the reason."""
    found = read_items(realdata / "refchecker_claims/data.jsonl")
    assert {(one.field, one.expected, one.found) for one in found if isinstance(one, RowProblem)} == {
        ("user_input", "a question", "None")
    }
    assert len(found) == sum(isinstance(one, RowProblem) for one in found) == 2100


@pytest.mark.realdata
def test_labels_go_along(realdata: Path, read_items: ReadItems) -> None:
    """What a published set says of its rows stays with them, also under a name that could have been a field's."""
    (first, *_, last) = read_items(realdata / "clapnq_dev/data.jsonl")
    assert isinstance(first, Item)
    assert isinstance(last, Item)
    assert {first.case.answerable, last.case.answerable} == {True, False}
    assert {"references", "passages", "output"} <= set(first.case.metadata)
