"""Rows out of YAML, promptfoo's configuration among them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval import config
from rag_eval.dataset import Item, items
from rag_eval.dataset.sources import read
from rag_eval.dataset.sources.row import RowNote
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]
_CONFIG = """
prompts: ["{{question}}"]
providers: [openai:gpt-4o]
tests:
  - vars: {question: "When does it open?", context: The pool opens at six.}
    assert: [{type: llm-rubric, value: polite}, {type: contains, value: at six}]
  - file://more.csv
"""


def test_promptfoo_s_tests(save: Save) -> None:
    """Question, context and what must be right; a test in another file is noted."""
    notes: list[RowNote] = []
    path = save("promptfooconfig.yaml", _CONFIG)
    assert len([*read(str(path), noted=notes.append)]) == 1
    assert "test 2 names another file, file://more.csv, which was not read" in str(notes[0])
    (item,) = items(config.DatasetConfig(path=str(path)))
    assert isinstance(item, Item)
    case = item.case
    assert (case.user_input, case.reference, case.reference_contexts) == (
        "When does it open?",
        "at six",
        ("The pool opens at six.",),
    )


def test_a_list_of_rows(save: Save) -> None:
    """As any other format has them."""
    found = [*read(str(save("a.yml", "- {question: a, n: 2}\n- {question: b}\n- 5\n")))]
    assert [row.line for row in found] == [1, 2, 3]
    assert "expected an object of columns, found 5" in str(found[2])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tests: file://tests.csv", "its tests stand in another file. Do: rag-eval build-dataset file://tests.csv"),
        ("a: {b: c}", "expected an array of objects, found an object of 'a'"),
        ("a: [", "is not YAML"),
        ("", "expected an array of objects, found NoneType"),
    ],
)
def test_what_holds_no_rows(save: Save, text: str, says: str) -> None:
    """One error that says what was found."""
    with pytest.raises(DataError, match=says):
        list(read(str(save("a.yaml", text))))
