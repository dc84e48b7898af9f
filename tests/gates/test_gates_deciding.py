"""What becomes of gates: of scripted runs of which it is known what is true."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from support import samples
from support.gated import LOST, NAMES, REFUSED, UNJUDGED, Row, Runs

from rag_eval import gates
from rag_eval.gates import Trial
from rag_eval.gates.expressions import parse
from rag_eval.journal import Journal
from rag_eval.records import GateResult, Outcome, Usage


def _decide(run: Journal, *texts: str, main: Journal | None = None, **changes: Any) -> tuple[GateResult, ...]:
    metrics = [samples.metric(name) for name in NAMES if name != "refused"]
    trial = Trial(run, samples.summary(*metrics, **changes), {"main": ("run-a", main)} if main else {})
    return gates.decide([parse(text) for text in texts], trial)


def _outcomes(run: Journal, *texts: str, **more: Any) -> list[str]:
    return [result.outcome for result in _decide(run, *texts, **more)]


def _of(metric: str, values: Sequence[float | Outcome]) -> list[Row]:
    return [{metric: value} for value in values]


def test_a_mean_passes_fails_or_is_undecided(runs: Runs) -> None:
    """By what its one-sided limits leave open; the sentence has value, limits and number of questions."""
    run = runs(_of("correctness", [1.0] * 70 + [0.0] * 30))
    passed, failed, undecided = _decide(
        run, "correctness.mean >= 0.6", "correctness.mean >= 85%", "correctness.mean >= 0.72"
    )
    assert [passed.outcome, failed.outcome, undecided.outcome] == ["passed", "failed", "undecided"]
    assert passed.sentence == "correctness.mean ≥ 0.6: passes: 0.70 [0.62, 0.78], 100 questions"
    assert (failed.value, failed.limit, failed.n) == (0.7, 0.85, 100)
    assert failed.p is not None
    assert failed.p < 0.01


def test_a_slice_is_judged_by_its_own_questions(runs: Runs) -> None:
    """And one that nothing belongs to fails."""
    run = runs(_of("correctness", [1.0] * 60 + [0.0] * 60), dict.fromkeys(range(60), "numeric"))
    whole, part, none = _decide(
        run, "correctness.mean >= 0.9", "correctness[numeric].mean >= 0.9", "correctness[dates].mean >= 0.1"
    )
    assert (whole.outcome, part.outcome, part.n) == ("failed", "passed", 60)
    assert none.outcome == "failed"
    assert "no case that was asked has the tag dates" in none.sentence


@pytest.mark.slow
def test_false_alarms_of_many_gates_stay_few(runs: Runs) -> None:
    """Of runs whose ten slices all just keep their limit, about one in twenty fails a gate, not most."""
    rng = np.random.default_rng(7)
    texts = [f"correctness[t{n}].mean >= 0.7" for n in range(10)]
    tags = {i: f"t{i % 10}" for i in range(200)}
    alarms = sum(
        "failed" in _outcomes(runs(_of("correctness", (rng.random(200) < 0.7).astype(float).tolist()), tags), *texts)
        for _ in range(12)
    )
    assert alarms <= 2


def test_no_answer_is_zero_and_a_judge_that_failed_leaves_it_open(runs: Runs) -> None:
    """Unanswered questions can fail a mean; failures of the judge that could turn it make it undecided."""
    fine = [0.9, 0.95, 0.85] * 10
    silent = runs(_of("correctness", [*fine, *[LOST] * 15]))
    unjudged = runs(_of("correctness", [*fine, *[UNJUDGED] * 15]))
    [failed] = _decide(silent, "correctness.mean >= 0.8")
    assert failed.outcome == "failed"
    assert "15 without an answer count as 0" in failed.sentence
    low, turned = _decide(unjudged, "correctness.mean >= 0.4", "correctness.mean >= 0.8")
    assert low.outcome == "passed"
    assert turned.outcome == "undecided"
    assert "the judge failed on 15, whose scores could turn it" in turned.sentence


def test_a_drop_passes_by_non_inferiority(runs: Runs) -> None:
    """What surely lost less passes, what surely lost more fails, and few questions do not pass as "no difference"."""
    rng = np.random.default_rng(1)
    before = rng.uniform(0.4, 0.9, 200)
    main = runs(_of("correctness", before.tolist()))
    noise = rng.normal(0, 0.02, 200)
    same, worse = (runs(_of("correctness", (before + noise - loss).tolist())) for loss in (0.0, 0.1))
    text = "correctness.drop_vs(main) <= 0.02"
    assert _outcomes(same, text, main=main) == ["passed"]
    [failed] = _decide(worse, text, main=main)
    assert failed.outcome == "failed"
    assert failed.value == pytest.approx(0.1, abs=0.01)
    assert failed.against == "run-a"
    few = slice(0, 8)
    main_few = runs(_of("correctness", before[few].tolist()))
    noisy = runs(_of("correctness", np.clip(before[few] + rng.normal(0, 0.2, 8), 0, 1).tolist()))
    assert _outcomes(noisy, text, main=main_few) == ["undecided"]


def test_a_drop_counts_questions_that_got_no_answer(runs: Runs) -> None:
    """A version that answers only what is easy has lost; where no question moved nothing was lost."""
    main = runs(_of("correctness", [0.8] * 40))
    silent = runs(_of("correctness", [0.9] * 28 + [LOST] * 12))
    text = "correctness.drop_vs(main) <= 0.02"
    [lost] = _decide(silent, text, main=main)
    assert lost.outcome == "failed"
    assert "12 without an answer count as 0" in lost.sentence
    [same] = _decide(main, text, main=main)
    assert (same.outcome, same.value) == ("passed", 0.0)
    assert "no question moved" in same.sentence


def test_a_drop_that_the_judge_could_turn_is_undecided(runs: Runs) -> None:
    """Failures of the judge are taken against the run and for it."""
    main = runs(_of("correctness", [0.8, 0.6] * 20))
    patchy = runs(_of("correctness", [0.8, 0.6] * 17 + [UNJUDGED] * 6))
    assert _outcomes(patchy, "correctness.drop_vs(main) <= 0.02", main=main) == ["undecided"]


def test_a_guardrail_is_held_to_what_matters(runs: Runs) -> None:
    """The metric's smallest difference, or the experiment's; more time is a loss."""
    main = runs([{"latency": 1.0 + i / 100} for i in range(40)])
    slower = runs([{"latency": 1.3 + i / 90} for i in range(40)])
    text = "latency.drop_vs(main) <= smallest"
    [failed] = _decide(slower, text, main=main)
    assert (failed.outcome, failed.limit) == ("failed", 0.05)
    assert "fails: added +0.32 [" in _decide(slower, text, main=main)[0].sentence
    assert "passes: saved 0.32 s, added [" in _decide(main, text, main=slower)[0].sentence
    trial = Trial(slower, samples.summary(), {"main": ("run-a", main)}, {"latency": 0.6})
    assert gates.decide([parse(text)], trial)[0].outcome == "passed"


def test_a_quantile_counts_what_lies_beyond(runs: Runs) -> None:
    """Exactly by the binomial, whatever the shape; what got no answer is slower than any limit."""
    quick = runs([{"latency": 0.5 + i / 1000} for i in range(100)])
    slow = runs([{"latency": 3.0 if i % 5 == 0 else 0.5} for i in range(100)])
    silent = runs([{"latency": LOST if i % 5 == 0 else 0.5} for i in range(100)])
    assert _outcomes(quick, "latency.p95 <= 2s", "latency.p95 <= 595ms") == ["passed", "undecided"]
    assert _outcomes(slow, "latency.p95 <= 2s", "latency.p50 <= 2s") == ["failed", "passed"]
    [lost] = _decide(silent, "latency.p95 <= 2s")
    assert lost.outcome == "failed"
    assert "20 beyond the limit, 20 of them without an answer" in lost.sentence
    assert _outcomes(runs([{"latency": 1.0}] * 10), "latency.p95 <= 2s") == ["undecided"]


def test_counts_are_what_they_are(runs: Runs) -> None:
    """Coverage, answers and money pass or fail, also with few questions."""
    rows: list[Row] = [{"correctness": 1.0, "answered": 1.0}] * 48
    rows += [{"correctness": UNJUDGED, "answered": 1.0}, {"correctness": LOST, "answered": 0.0}]
    run = runs(rows)
    texts = (
        "coverage >= 0.96",
        "coverage >= 0.97",
        "answered >= 98%",
        "answered >= 0.99",
        "faithfulness.coverage >= 1",
    )
    assert _outcomes(run, *texts) == ["passed", "failed", "passed", "failed", "failed"]
    spent = {"usage": Usage(calls=10, cost_usd=5.5)}
    assert _outcomes(run, "cost <= 5 USD", "cost <= 6 USD", **spent) == ["failed", "passed"]
    assert _outcomes(run, "cost <= 5 USD", usage=Usage(calls=10)) == ["failed"]


def test_each_required_case_must_reach_its_score(runs: Runs) -> None:
    """One that falls short, refuses, or got no answer fails it and is named; the judge's failure leaves it open."""
    tags = dict.fromkeys(range(4), "must")
    text = "required: tag:must correctness >= 0.8"
    good = runs(_of("correctness", [0.8, 0.9, 1.0, 1.0, 0.0]), tags)
    [passed] = _decide(good, text)
    assert passed.sentence.endswith("passes: 4 of 4 cases reach 0.8 in correctness")
    for outcome, why in ((0.7, "0.70"), (LOST, "no answer"), (REFUSED, "refused")):
        [failed] = _decide(runs(_of("correctness", [0.8, outcome, 1.0, 1.0, 0.0]), tags), text)
        assert failed.outcome == "failed"
        assert f"not q1 ({why})" in failed.sentence
    assert _outcomes(runs(_of("correctness", [0.8, UNJUDGED, 1.0, 1.0]), tags), text) == ["undecided"]
    assert _outcomes(good, "required: tag:must", "required: id:q4", "required: id:q9") == ["passed", "failed", "failed"]


def test_no_approved_case_may_get_worse(runs: Runs) -> None:
    """Better or equal passes; worse, or without the value it had, fails and is named."""
    tags = dict.fromkeys(range(3), "approved")
    main = runs(_of("correctness", [0.5, 1.0, LOST, 1.0]), tags)
    text = "no_regression: tag:approved"
    better = runs(_of("correctness", [0.6, 1.0, LOST, 0.0]), tags)
    worse = runs(_of("correctness", [0.5, 0.9, 1.0, 1.0]), tags)
    unjudged = runs(_of("correctness", [0.5, UNJUDGED, 1.0, 1.0]), tags)
    assert _outcomes(better, text, main=main) == ["passed"]
    [failed] = _decide(worse, text, main=main)
    assert failed.outcome == "failed"
    assert "q1 (1.00 → 0.90)" in failed.sentence
    assert _outcomes(unjudged, text, main=main) == ["undecided"]


def test_refusals_are_apart_for_what_has_no_answer(runs: Runs) -> None:
    """Invented answers are those to questions that have none, over-refusals those of questions that have one."""
    rows: list[Row] = [{"refused": float(i >= 60)} for i in range(120)]
    run = runs(rows, answerable=60)
    assert _outcomes(run, "refusals.invented <= 0.1", "refusals.over <= 0.1") == ["passed", "passed"]
    other = runs(rows, answerable=80)
    over, invented = _decide(other, "refusals.over <= 0.1", "refusals.invented <= 0.1")
    assert (over.outcome, over.value, over.n) == ("failed", 0.25, 80)
    assert (invented.outcome, invented.value, invented.n) == ("passed", 0.0, 40)


def test_a_run_that_is_not_finished_fails_every_gate(runs: Runs) -> None:
    """Whatever it has: the questions it has may be the easy ones."""
    run = runs(_of("correctness", [1.0] * 40))
    [mean, cost] = _decide(run, "correctness.mean >= 0.1", "cost <= 5", finished=False, scored=40)
    assert mean.outcome == cost.outcome == "failed"
    assert "the run is unfinished, 40 of 100 scored" in mean.sentence


def test_the_bounds_in_a_sentence_are_never_one_number(runs: Runs) -> None:
    """Times that hardly differ have as many digits as it takes; of those that are equal there are no bounds."""
    near = runs(_of("latency", [0.0501, 0.0502, 0.0503, 0.0504, 0.0505, 0.0506, 0.0507, 0.0508]))
    [result] = _decide(near, "latency.mean <= 2s")
    assert "0.050 [0.050, 0.051] s" in result.sentence
    same = runs(_of("latency", [0.1 + 0.2, *[0.3] * 9]))
    [result] = _decide(same, "latency.mean <= 2s")
    assert result.sentence.endswith("0.30 s, 10 questions, no bounds: all 10 values are the same")
