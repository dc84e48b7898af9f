"""What each setting found in an answer is told by the setting that was followed."""

from typing import Any

import pytest

from rag_eval.config import Experiment
from rag_eval.evaluation.probe import selected
from rag_eval.records import Answer

ANSWER = Answer(response="The pool opens at six.", retrieved_contexts=("Open from six.", "Closed on Mondays."))
FOUND = "22 letters: The pool opens at six."
CONTEXTS = ("select.retrieved_contexts", "docs", "2, the first: Open from six.")


@pytest.mark.parametrize(
    ("how", "setting", "value"),
    [
        ({}, "select.response", "answer"),
        ({"receive": "text"}, "receive", "text"),
        ({"stream": {"kind": "text"}}, "stream.kind", "text"),
        ({"stream": {"kind": "sse"}}, "stream.kind", "sse"),
        ({"stream": {"kind": "sse", "delta": "token"}}, "stream.delta", "token"),
    ],
)
def test_a_stream_is_read_by_its_own_setting(how: dict[str, Any], setting: str, value: str) -> None:
    """And the rest by `select`."""
    said = {"kind": "http", "url": "http://h/ask", "select": {"retrieved_contexts": "docs"}, **how}
    target = Experiment.model_validate({"name": "n", "dataset": "d.jsonl", "target": said}).target
    assert [*selected(target, ANSWER)] == [(setting, value, FOUND), CONTEXTS]


def test_a_target_that_selects_nothing_has_nothing_to_tell() -> None:
    """Such as one whose answers stand in the dataset."""
    replay = Experiment.model_validate({"name": "n", "dataset": "d.jsonl", "target": {"kind": "replay"}}).target
    assert [*selected(replay, ANSWER)] == []
