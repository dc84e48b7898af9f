"""What is wrong with a reply, by its form; whole tables of replies stand with the judge that is checked."""

from types import SimpleNamespace as Item
from typing import Any

import pytest

from rag_eval.judges import faults


def _verdict(statement: str, verdict: int = 1) -> Item:
    return Item(statement=statement, verdict=verdict)


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([_verdict("It opens at six."), _verdict("It is free.", 0)], None),
        ([_verdict("It opens at six.")], "incomplete_verdicts"),
        ([_verdict("It opens at six.", 2), _verdict("It is free.")], "invalid_verdict"),
        ([_verdict("It is free."), _verdict("It opens at six.")], "wrong_statements"),
        ([_verdict("It opens at 6."), _verdict("it is free")], None),
    ],
)
def test_verdicts_are_on_the_statements_that_were_asked(replies: list[Any], reason: str | None) -> None:
    """As many, each in its place, 0 or 1; a word may be written otherwise."""
    asked = {"statements": ["It opens at six.", "It is free."]}
    fault = faults.verdicts_fault(asked, Item(statements=replies))
    assert (fault and str(fault[0])) == reason


def test_classes_hold_every_statement_once() -> None:
    """Those of the answer are right or wrong; more left out than the truth has are none of its."""
    asked = {"answer": ["a", "b"], "ground_truth": ["c"]}
    whole = Item(TP=["a"], FP=["b"], FN=["c"])
    assert faults.classes_fault(asked, whole) is None
    assert (faults.classes_fault(asked, Item(TP=["a"], FP=[], FN=[])) or ("",))[0] == "incomplete_verdicts"
    assert (faults.classes_fault(asked, Item(TP=["a"], FP=["b"], FN=["c", "d"])) or ("",))[0] == "wrong_statements"


def test_statements_speak_of_the_whole_text() -> None:
    """One that is left out is named."""
    asked = {"answer": "The ferry leaves at nine. Dogs travel free of charge.", "question": "When?"}
    part = faults.statements_fault(asked, Item(statements=["The ferry leaves at nine."]))
    assert part is not None
    assert part[0] == "incomplete_statements"
    assert "Dogs" in part[1]
    assert (faults.statements_fault(asked, Item(statements=[" "])) or ("",))[0] == "no_statements"


def test_a_question_must_be_there() -> None:
    """And the verdict beside it be 0 or 1."""
    assert faults.relevance_fault({}, Item(question="When?", noncommittal=0)) is None
    assert (faults.relevance_fault({}, Item(question=" ", noncommittal=0)) or ("",))[0] == "no_question"
    assert (faults.relevance_fault({}, Item(question="When?", noncommittal=3)) or ("",))[0] == "invalid_verdict"


def test_a_reply_without_a_check_has_no_fault() -> None:
    """Its fields are all that is asked of it."""
    assert faults.no_fault({}, Item()) is None
