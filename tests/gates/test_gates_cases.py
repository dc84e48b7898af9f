"""Gates on single cases: who is meant, who falls short and why, and how that is said."""

import pytest
from support.gated import LOST, REFUSED, TRAITS, UNJUDGED, Row, Runs

from rag_eval.gates import cases
from rag_eval.gates.expressions import CasesGate, parse
from rag_eval.gates.findings import GateFinding
from rag_eval.journal import Journal
from rag_eval.records import MetricTraits, Outcome

_CORRECTNESS, _FAITHFULNESS, _LATENCY = TRAITS[:3]
_MUST = "required: tag:all correctness >= 0.5"
_KEPT = "no_regression: tag:all"


def _gate(text: str) -> CasesGate:
    gate = parse(text)
    assert isinstance(gate, CasesGate)
    return gate


def _run(runs: Runs, *outcomes: float | Outcome, metric: str = "correctness") -> Journal:
    rows: list[Row] = [{metric: outcome} for outcome in outcomes]
    return runs(rows)


def _required(run: Journal, text: str = _MUST, traits: MetricTraits = _CORRECTNESS, limited: str = "") -> GateFinding:
    return cases.required(_gate(text), traits, run, limited)


def _regressed(
    before: Journal, after: Journal, traits: MetricTraits = _CORRECTNESS, text: str = _KEPT, limited: str = ""
) -> GateFinding:
    return cases.no_regression(_gate(text), traits, after, before, limited)


def test_a_case_that_reaches_the_limit_exactly_does(runs: Runs) -> None:
    """All of them counted: how many do, of how many."""
    finding = _required(_run(runs, 0.5, 0.75, 1.0))
    assert (finding.outcome, finding.value, finding.limit, finding.n) == ("passed", 3.0, 3.0, 3)
    assert finding.note == "3 of 3 cases reach 0.5 in correctness"


@pytest.mark.parametrize(
    ("outcome", "why"),
    [(0.25, "0.25"), (0.0, "0.00"), (LOST, "no answer"), (REFUSED, "refused"), (0.4999, "0.4999"), (0.499, "0.499")],
)
def test_a_case_that_falls_short_is_named_with_why(runs: Runs, outcome: float | Outcome, why: str) -> None:
    """A score just beneath the limit never reads like the limit itself."""
    finding = _required(_run(runs, 1.0, outcome, 0.5))
    assert finding.outcome == "failed"
    assert finding.note == f"2 of 3 cases reach 0.5 in correctness; not q1 ({why})"


def test_a_metric_that_counts_no_answer_apart_still_fails_the_case(runs: Runs) -> None:
    """No answer is no way around a required case."""
    finding = _required(_run(runs, LOST, 1.0, metric="faithfulness"), "required: tag:all", _FAITHFULNESS)
    assert (finding.outcome, finding.value) == ("failed", 1.0)
    assert "q0 (no answer)" in finding.note


def test_without_a_limit_half_of_a_score_is_what_a_case_must_reach(runs: Runs) -> None:
    """And it is said which."""
    finding = _required(_run(runs, 0.5, 0.4), "required: tag:all")
    assert finding.note == "1 of 2 cases reach 0.5 in correctness; not q1 (0.40)"


def test_a_limit_from_above_is_kept_to(runs: Runs) -> None:
    """Less is better then: the slow case is the one that is named."""
    finding = _required(_run(runs, 1.5, 2.0, 2.004, metric="latency"), "required: tag:all latency <= 2s", _LATENCY)
    assert finding.note == "2 of 3 cases keep to 2 in latency; not q2 (2.004)"


def test_what_the_judge_failed_leaves_open_whether_all_do(runs: Runs) -> None:
    """Unless another case falls short all the same: that decides."""
    unclear, failed = _required(_run(runs, 1.0, UNJUDGED)), _required(_run(runs, 0.0, UNJUDGED))
    assert (unclear.outcome, unclear.unjudged, unclear.value) == ("undecided", 1, 1.0)
    assert (failed.outcome, failed.unjudged, failed.value) == ("failed", 1, 0.0)
    assert failed.note == "0 of 2 cases reach 0.5 in correctness; not q0 (0.00)"


def test_five_cases_are_named_and_the_rest_is_counted(runs: Runs) -> None:
    """In the order of the dataset."""
    five, seven = _required(_run(runs, *[0.0] * 5)), _required(_run(runs, *[0.0] * 7))
    names = ", ".join(f"q{n} (0.00)" for n in range(5))
    assert five.note.endswith(f"not {names}")
    assert seven.note.endswith(f"not {names} and 2 more")


@pytest.mark.parametrize("text", ["required: tag:nobody", "required: id:q9"])
@pytest.mark.parametrize(("limited", "after"), [("", ""), ("--limit 2", " (--limit 2)")])
def test_a_gate_that_means_no_case_fails(runs: Runs, text: str, limited: str, after: str) -> None:
    """It never passes by being about nothing; that the run was limited is given as a reason where it was."""
    finding = _required(_run(runs, 1.0, 1.0), text, limited=limited)
    what = text.removeprefix("required: ").replace(":", " ")
    assert (finding.outcome, finding.n, finding.value) == ("failed", 0, None)
    assert finding.note == f"no case that was asked has the {what}{after}"


def test_only_the_case_with_the_id_is_looked_at(runs: Runs) -> None:
    """Whatever became of the others."""
    run = _run(runs, 0.0, 1.0, 0.0)
    assert _required(run, "required: id:q1").note == "1 of 1 cases reach 0.5 in correctness"
    assert _required(run, "required: id:q0").outcome == "failed"


def test_only_cases_with_the_tag_are_looked_at(runs: Runs) -> None:
    """A tag that contains another's name is another tag."""
    rows: list[Row] = [{"correctness": 1.0}, {"correctness": 0.0}, {"correctness": 0.0}]
    run = runs(rows, {0: "must", 1: "must-not", 2: "other"})
    assert _required(run, "required: tag:must").note == "1 of 1 cases reach 0.5 in correctness"


def test_what_is_as_good_or_better_has_not_regressed(runs: Runs) -> None:
    """Nor has what differs by no more than rounding leaves."""
    finding = _regressed(_run(runs, 0.3, 0.5, 1.0), _run(runs, 0.3 - 1e-12, 0.75, 1.0))
    assert (finding.outcome, finding.note) == ("passed", "3 of 3 cases are no worse in correctness")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (1.0, 0.0, "1.00 → 0.00"),
        (0.504, 0.496, "0.504 → 0.496"),
        (0.50004, 0.49996, "0.50004 → 0.49996"),
        (0.5, 0.4999, "0.5000 → 0.4999"),
        (1.0, REFUSED, "1.00 → no value"),
    ],
)
def test_what_is_worse_is_told_with_both_values(runs: Runs, was: float, now: float | Outcome, told: str) -> None:
    """With as many digits as it takes to see that they differ."""
    finding = _regressed(_run(runs, 1.0, was), _run(runs, 1.0, now))
    assert finding.outcome == "failed"
    assert finding.note == f"1 of 2 cases are no worse in correctness; not q1 ({told})"


def test_of_what_counts_downwards_more_is_worse(runs: Runs) -> None:
    """A latency that fell is fine, one that rose is not."""
    before, after = (_run(runs, *seconds, metric="latency") for seconds in ((1.0, 1.0), (0.5, 1.5)))
    finding = _regressed(before, after, _LATENCY)
    assert (finding.outcome, finding.note.split("; ")[1]) == ("failed", "not q1 (1.00 → 1.50)")


def test_a_case_that_had_no_value_cannot_have_lost_it(runs: Runs) -> None:
    """A refusal before asks nothing of now, and a case the baseline was never asked neither."""
    assert _regressed(_run(runs, REFUSED, 1.0), _run(runs, 0.0, 1.0)).outcome == "passed"
    assert _regressed(_run(runs, 1.0), _run(runs, 1.0, 0.0)).outcome == "passed"


def test_a_value_that_the_judge_owes_leaves_it_open(runs: Runs) -> None:
    """On either side, but only where there was something to lose."""
    for before, after in ((1.0, UNJUDGED), (UNJUDGED, 1.0)):
        finding = _regressed(_run(runs, before), _run(runs, after))
        assert (finding.outcome, finding.unjudged) == ("undecided", 1)
    assert _regressed(_run(runs, REFUSED), _run(runs, UNJUDGED)).outcome == "passed"


def test_no_case_to_hold_to_a_baseline_is_a_failure(runs: Runs) -> None:
    """With why it may be so."""
    run = _run(runs, 1.0)
    finding = _regressed(run, run, text="no_regression: tag:gone", limited="--limit 1")
    assert (finding.outcome, finding.note) == ("failed", "no case that was asked has the tag gone (--limit 1)")


def test_nothing_regresses_against_itself(runs: Runs) -> None:
    """Whatever became of its cases, but for what the judge still owes."""
    run = _run(runs, 0.0, 0.25, 1.0, LOST, REFUSED)
    assert _regressed(run, run).note == "5 of 5 cases are no worse in correctness"
