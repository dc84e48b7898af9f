"""Questions are found deep inside a JSON file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, Tally, items

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
    ],
)
def test_rows_inside_an_object(save: Save, content: dict[str, Any]) -> None:
    """The one list of objects of a JSON file is its rows, and so are columns of one length."""
    (item,), _ = _read(save("a.json", json.dumps(content)))
    assert (item.case.user_input, item.case.reference) == ("Q?", "R")
