"""What was found for a gate, before it is put in words."""

from dataclasses import fields

from rag_eval.gates.findings import GateFinding


def test_a_finding_decides_nothing_unless_it_is_told_to() -> None:
    """Left to itself it has no outcome and nothing cleared: forgetting to say so never lets a gate pass."""
    finding = GateFinding()
    assert finding.outcome is None
    assert not finding.cleared
    assert (finding.value, finding.limit, finding.p, finding.bounds, finding.n) == (None, None, None, None, 0)


def test_a_note_changes_the_note_and_nothing_else() -> None:
    """Numbers and outcome stay, and so does the finding that was noted."""
    before = GateFinding(
        outcome="failed", value=0.4, limit=0.5, n=7, what="cases", cleared=True, p=0.01, bounds=(0.1, 0.9),
        unjudged=2, unanswered=3, note="old", signed=True, higher=False,
    )  # fmt: skip
    after = before.noted("new")
    changed = [field.name for field in fields(before) if getattr(before, field.name) != getattr(after, field.name)]
    assert (changed, before.note, after.note) == (["note"], "old", "new")
