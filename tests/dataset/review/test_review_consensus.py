"""What several people decided comes to one decision, or to something to settle."""

from support.reviewing import CASES, agreed, decision

from rag_eval.dataset.review.agreement import agreement, as_lines
from rag_eval.dataset.review.consensus import consensus_of


def test_settling_does_not_change_agreement() -> None:
    """What is measured is what each thought before; the case is no longer to be settled."""
    before = agreed(ana="aar", ben="ara")
    after = agreed(decision(CASES[1], 99, "ana", "reject", final=True), ana="aar", ben="ara")
    assert before.disagreements == ("q-1", "q-2")
    assert after.disagreements == ("q-2",)
    assert (after.pairs, after.alpha) == (before.pairs, before.alpha)


def test_what_no_longer_holds_is_counted_and_left_out() -> None:
    """A decision about a case that was changed says nothing about it."""
    old = decision(CASES[0], 50, "ben", "reject", case_digest="another")
    found = agreed(old, ana="aar", ben="ara")
    assert found.stale == 1
    assert found.pairs[0].n == 2
    assert any("no longer hold" in line for line in as_lines(found))


def test_the_same_verdict_with_other_words_is_to_be_settled_too() -> None:
    """Kappa is about verdicts; what is published is about words."""
    edits = [decision(CASES[0], 1, who, "edit", reference=text) for who, text in (("ana", "One."), ("ben", "Two."))]
    found = agreement(consensus_of(CASES, edits))
    assert found.disagreements == ("q-0",)
    assert found.pairs[0].observed == 1
