"""What is wrong with rows is said once for each cause, with all its places."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval import config
from rag_eval.dataset import BadRowsError, cases

Save = Callable[[str, str | bytes], Path]


def test_all_problems_in_one_error(save: Save) -> None:
    """`cases` gives what comes before the first problem, and then one error that lists twenty and counts the rest."""
    path = save("a.jsonl", '{"question": "q"}\n' + '{"question": ""}\n' * 25)
    read_on = cases(config.DatasetConfig(path=str(path)))
    assert next(read_on).case.user_input == "q"
    with pytest.raises(BadRowsError) as caught:
        next(read_on)
    assert [problem.line for problem in caught.value.problems] == list(range(2, 27))
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[20] == "… and 5 more"
    assert lines[21].startswith("25 problems. Mend them, or leave them out with: rag-eval build-dataset")


def test_one_cause_is_one_problem(save: Save) -> None:
    """A column that is missing is told once, with how many rows it is missing from, and how to name another."""
    path = save("a.jsonl", '{"asked": "q"}\n' * 15)
    with pytest.raises(BadRowsError) as caught:
        list(cases(config.DatasetConfig(path=str(path))))
    first, last = str(caught.value).splitlines()
    assert first == f"{path}:1: user_input: expected a question, found columns ['asked']; so in 14 more rows"
    assert last.startswith("1 problem in 15 rows. Mend them, or leave them out with")
    assert last.endswith("A question in a column of another name: dataset.fields: {user_input: COLUMN}.")


def test_one_problem_is_spoken_of_as_one(save: Save) -> None:
    """It, not them."""
    with pytest.raises(BadRowsError, match=r"1 problem\. Mend it, or leave it out with"):
        list(cases(config.DatasetConfig(path=str(save("a.jsonl", '{"question": ""}\n')))))
