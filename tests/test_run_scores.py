"""What a run has of a metric, question by question."""

from pathlib import Path

from support import samples

from rag_eval import run_scores
from rag_eval.journal import REPEAT_OF
from rag_eval.records import Answer, Case, Failure, MetricTraits, NotApplicable, Score

LATE = Failure(stage="target", reason="timeout", message="late")
UNJUDGED = Failure(stage="judge", reason="timeout", message="late")


def test_a_side_counts_each_question_once(tmp_path: Path) -> None:
    """Repetitions by their mean, what got no answer as 0 where the metric says so, the rest by why it has no value."""
    again = Case(id="a~2", user_input="A?", metadata={REPEAT_OF: "a"})
    cases = [Case(id=name, user_input=f"{name.upper()}?") for name in "abcd"]
    rows: samples.Rows = [
        (cases[0], Answer(response="x"), {"m": Score(value=1.0)}),
        (again, Answer(response="x"), {"m": Score(value=0.0)}),
        (cases[1], LATE, {"m": LATE}),
        (cases[2], Answer(response="x"), {"m": UNJUDGED}),
        (cases[3], Answer(response="x"), {"m": NotApplicable(reason="refused")}),
    ]
    with samples.journal(tmp_path / "journal.db", rows, ("m",)) as journal:
        apart = run_scores.side(journal, MetricTraits(name="m"))
        zero = run_scores.side(journal, MetricTraits(name="m", unanswered="zero"))
        assert run_scores.shared(journal, journal) == ["a", "b", "c", "d"]
        assert run_scores.clusters_of(journal) is None, "nothing is known of them"
    assert apart.values == {"a": 0.5}
    assert zero.values == {"a": 0.5, "b": 0.0}
    assert [{*part} for part in (zero.unanswered, zero.unjudged, zero.refused)] == [{"b"}, {"c"}, {"d"}]
