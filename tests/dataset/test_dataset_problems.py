"""What is wrong with rows is said once for each cause, with all its places."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval import config
from rag_eval.dataset import BadRowsError, cases

Save = Callable[[str, str | bytes], Path]


def test_all_problems_in_one_error(save: Save) -> None:
    """`cases` gives what comes before the first problem, and then one error that lists twenty and counts the rest."""
    spoilt = "".join(f'{{"question": "p", "question": {n}, "k{n}": 1, "k{n}": 2}}\n' for n in range(25))
    path = save("a.jsonl", '{"question": "q"}\n' + spoilt.replace('"question": "p", ', ""))
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
    cause = f"{path}:1: user_input: expected a question, found columns ['asked']"
    assert first == f"{cause}; so in 14 more rows: 2, 3, 4, 5, 6, 7, 8, 9 …"
    assert last.startswith("1 problem in 15 rows. Mend them, or leave them out with")
    assert last.endswith("A question in a column of another name: dataset.fields: {user_input: COLUMN}.")


def test_one_problem_is_spoken_of_as_one(save: Save) -> None:
    """It, not them."""
    with pytest.raises(BadRowsError, match=r"1 problem\. Mend it, or leave it out with"):
        list(cases(config.DatasetConfig(path=str(save("a.jsonl", '{"question": ""}\n')))))


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ('{"questoin": "a", "b": "Really?"}', "dataset.fields: {user_input: questoin}"),
        ('{"Kysymys": "Warum?", "Vastaus": "So."}', "dataset.fields: {user_input: Kysymys}"),
        ('{"Was wir fragen": "Warum?"}', "dataset.fields: {user_input: 'Was wir fragen'}"),
        ('{"vars": {"topic": "Why?"}}', "dataset.fields: {user_input: vars.topic}"),
        ('{"a": "Why?", "b": "How?"}', "dataset.fields: {user_input: COLUMN}"),
    ],
)
def test_the_likeliest_column_is_named(save: Save, row: str, way: str) -> None:
    """By a slip in its name, else by its question mark; of two that could be, neither."""
    with pytest.raises(BadRowsError) as caught:
        list(cases(config.DatasetConfig(path=str(save("a.jsonl", row + "\n" + row)))))
    assert str(caught.value).endswith(f"A question in a column of another name: {way}.")


def test_problems_of_one_cause_are_one_line(save: Save) -> None:
    """With the further places; those of another cause are another line."""
    rows = "".join(f"q{n},perhaps\n" for n in range(3))
    path = save("a.csv", f"question,answerable\n{rows}one\n")
    with pytest.raises(BadRowsError) as caught:
        list(cases(config.DatasetConfig(path=str(path))))
    assert str(caught.value).splitlines()[:2] == [
        f"{path}:2: answerable: expected true or false, found 'perhaps'; so in 2 more rows: 3, 4",
        f"{path}:5: the row: expected 2 cells, found 1: ['one']",
    ]
    assert "2 problems in 4 rows" in str(caught.value)
