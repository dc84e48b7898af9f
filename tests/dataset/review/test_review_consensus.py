"""What several people decided comes to one decision, or to something to settle."""

from support.reviewing import decision, ferry

from rag_eval.dataset.review.agreement import Agreement, agreement, as_lines
from rag_eval.dataset.review.consensus import consensus_of
from rag_eval.dataset.review.decisions import VERDICTS, ReviewDecision

_CASES = [ferry(number) for number in range(12)]


def _said(**verdicts: str) -> list[ReviewDecision]:
    """Decisions by reviewer, a letter for each case; a dot is none."""
    words = {word[0]: word for word in VERDICTS}
    return [
        decision(_CASES[number], number, who, words[letter], uuid=f"{who}-uuid-{number}")
        for who, letters in verdicts.items()
        for number, letter in enumerate(letters)
        if letter != "."
    ]


def _agreed(*more: ReviewDecision, **verdicts: str) -> Agreement:
    return agreement(consensus_of(_CASES, [*_said(**verdicts), *more]))


def test_settling_does_not_change_agreement() -> None:
    """What is measured is what each thought before; the case is no longer to be settled."""
    before = _agreed(ana="aar", ben="ara")
    after = _agreed(decision(_CASES[1], 99, "ana", "reject", final=True), ana="aar", ben="ara")
    assert before.disagreements == ("q-1", "q-2")
    assert after.disagreements == ("q-2",)
    assert (after.pairs, after.alpha) == (before.pairs, before.alpha)


def test_what_no_longer_holds_is_counted_and_left_out() -> None:
    """A decision about a case that was changed says nothing about it."""
    old = decision(_CASES[0], 50, "ben", "reject", case_digest="another")
    found = _agreed(old, ana="aar", ben="ara")
    assert found.stale == 1
    assert found.pairs[0].n == 2
    assert any("no longer hold" in line for line in as_lines(found))


def test_the_same_verdict_with_other_words_is_to_be_settled_too() -> None:
    """Kappa is about verdicts; what is published is about words."""
    edits = [decision(_CASES[0], 1, who, "edit", reference=text) for who, text in (("ana", "One."), ("ben", "Two."))]
    found = agreement(consensus_of(_CASES, edits))
    assert found.disagreements == ("q-0",)
    assert found.pairs[0].observed == 1
