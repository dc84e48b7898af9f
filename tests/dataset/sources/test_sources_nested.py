"""Questions are found deep inside a JSON file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, Tally, items
from rag_eval.dataset.sources import nested

Save = Callable[[str, str | bytes], Path]


def _read(path: Path, **settings: Any) -> tuple[list[Item], Tally]:
    tally = Tally()
    read = list(items(config.DatasetConfig(path=str(path), **settings), tally))
    assert not [str(problem) for problem in read if isinstance(problem, RowProblem)]
    return [item for item in read if isinstance(item, Item)], tally


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Lighthouse",
            "paragraphs": [
                {
                    "context": "The lamp was lit in 1871.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "When was it lit?",
                            "answers": [{"text": "1871", "answer_start": 20}, {"text": "in 1871", "answer_start": 17}],
                        },
                        {"id": "b", "question": "Who lit it?", "is_impossible": True, "answers": []},
                    ],
                }
            ],
        }
    ],
}


def _checked(read: list[Item]) -> None:
    first, second = (item.case for item in read)
    assert (first.id, first.reference, first.answerable) == ("a", "1871", True)
    assert first.reference_contexts == ("The lamp was lit in 1871.",)
    assert (second.reference, second.answerable) == (None, False)


def test_squad_as_it_is_published(save: Save) -> None:
    """One case for each question, with its context; impossible ones are marked, and other answers kept beside."""
    read, _ = _read(save("squad.json", json.dumps(SQUAD)))
    _checked(read)
    assert read[0].case.metadata["title"] == "Lighthouse"
    assert "in 1871" in json.dumps(read[0].case.metadata["answers"])


@pytest.mark.parametrize(
    "content",
    [
        {"examples": [{"query": "Q?", "reference_answer": "R"}]},
        {"version": 1, "data": [{"question": "Q?", "ground_truth": "R"}]},
        {"question": ["Q?"], "ground_truth": ["R"]},
        {"question": {"0": "Q?"}, "ground_truth": {"0": "R"}},
        {"0": {"question": "Q?", "ground_truth": "R"}},
        {"columns": ["question", "ground_truth"], "index": [0], "data": [["Q?", "R"]]},
        {"schema": {"fields": [{"name": "question"}]}, "data": [{"question": "Q?", "ground_truth": "R"}]},
        {
            "name": "x",
            "tags": ["a", "b"],
            "dataset": {"version": 2, "items": [{"question": "Q?", "ground_truth": "R"}]},
        },
        {"runs": [{"n": 1}], "examples": [{"question": "Q?", "ground_truth": "R"}]},
        {"question": "Q?", "ground_truth": "R", "passages": [{"text": "c"}]},
    ],
)
def test_rows_inside_an_object(save: Save, content: dict[str, Any]) -> None:
    """Wherever tools and pandas put them: a list, the one with questions, columns, an object."""
    (item,), _ = _read(save("a.json", json.dumps(content)))
    assert (item.case.user_input, item.case.reference) == ("Q?", "R")


def test_objects_by_their_ids(save: Save) -> None:
    """The key is the id of a row that has none."""
    content = {"q1": {"question": "Q?"}, "q2": {"question": "P?", "id": "own"}}
    assert [item.case.id for item in _read(save("a.json", json.dumps(content)))[0]] == ["q1", "own"]


@pytest.mark.parametrize(
    "content", [{"a": [{"question": "Q?"}], "b": [{"question": "P?"}]}, {"a": {"b": 1}}, {"a": ["x"]}, 5, {}]
)
def test_where_rows_cannot_be_told(content: Any) -> None:
    """Of two lists of questions neither is taken."""
    assert nested.rows(content) is None
    assert nested.no_rows(content).startswith("expected an array of objects, found ")
