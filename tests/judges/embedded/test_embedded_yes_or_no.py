"""Answers that say yes or no, in plain words or by what they deny."""

import pytest

from rag_eval.judges.embedded.yes_or_no import opening, stance

OPEN = "Is the pool open?"


@pytest.mark.parametrize(
    ("reference", "sign"), [("Yes, until nine.", 1), ("No.", -1), ("Until nine.", 0), ("Nobody knows.", 0)]
)
def test_a_reference_opens_with_yes_or_no(reference: str, sign: int) -> None:
    """Or with neither, and is whole then."""
    found, rest = opening(OPEN, reference)
    assert found == sign
    assert sign or rest == reference


@pytest.mark.parametrize(
    ("answer", "sign"), [("Yes, it is.", 1), ("No, it is not.", -1), ("The pool is closed.", -1), ("Ask us.", 0)]
)
def test_an_answer_takes_a_stance(answer: str, sign: int) -> None:
    """By its first words, or by denying the question."""
    assert stance(OPEN, [answer])[0] == sign
