"""An experiment is resolved once: cases, metrics, gates and origin, before anybody is asked."""

from pathlib import Path

import pytest
from support.replays import experiment

from rag_eval.errors import ConfigError, UsageError
from rag_eval.evaluation.plan import prepare
from rag_eval.evaluation.survey import preflight, size, with_repeats
from rag_eval.evaluation.validation import validate


def test_a_plan_holds_all_that_is_asked_and_measured(tmp_path: Path) -> None:
    """Cases are counted and can be read again; the origin names metrics, judge and dataset."""
    plan = prepare(experiment(tmp_path))
    assert (plan.survey.total, plan.survey.asked, plan.limit) == (6, 6, None)
    assert [case.id for case in plan.cases()] == [f"case-{n}" for n in range(6)]
    assert [case.id for case in plan.questions()] == [case.id for case in plan.cases()]
    assert plan.survey.tags == {"even", "odd"}
    assert plan.origin.dataset == plan.survey.fingerprint
    assert plan.origin.metrics["recall@5"]
    assert plan.primary == "recall@5"
    assert plan.gates == ()


def test_a_limit_holds_for_all_that_is_read(tmp_path: Path) -> None:
    """Also for the fingerprint, so that a part of a dataset is another dataset."""
    whole, part = prepare(experiment(tmp_path)), prepare(experiment(tmp_path), 2)
    assert [case.id for case in part.cases()] == ["case-0", "case-1"]
    assert part.survey.fingerprint != whole.survey.fingerprint


def test_gates_are_those_of_the_experiment_or_implied(tmp_path: Path) -> None:
    """Without `gated` there are none; a run that is held to another has some in any case."""
    own = experiment(tmp_path, gates=["recall@5.mean >= 0.5"])
    assert [gate.text for gate in prepare(own).gates] == ["recall@5.mean >= 0.5"]
    assert prepare(own, gated=False).gates == ()
    implied = prepare(experiment(tmp_path), implied=True)
    assert implied.gates
    assert implied.gates == prepare(experiment(tmp_path)).with_implied_gates().gates


@pytest.mark.parametrize(
    ("gate", "message"),
    [("faithfulness.mean >= 0.5", "faithfulness"), ("recall@5.mean >= 0.5 where tag = none", "none")],
)
def test_gates_on_what_the_run_will_not_have_are_refused(tmp_path: Path, gate: str, message: str) -> None:
    """Before anybody is asked, in words that name what is missing."""
    with pytest.raises(UsageError, match=message):
        prepare(experiment(tmp_path, gates=[gate])).check_gates()


def test_a_primary_metric_that_is_not_measured_is_refused(tmp_path: Path) -> None:
    """The message names those that are."""
    with pytest.raises(ConfigError, match=r"primary: 'mrr' is not measured here; there are: recall@5"):
        _ = prepare(experiment(tmp_path, primary="mrr")).primary


def test_an_experiment_that_is_several_makes_no_run(tmp_path: Path) -> None:
    """A matrix is for sweeps."""
    swept = experiment(tmp_path, matrix={"target.pick": ["first", "last"]})
    with pytest.raises(ConfigError, match="its matrix makes 2 variants"):
        prepare(swept)


def test_validation_asks_nobody(tmp_path: Path) -> None:
    """It says to how many cases each metric applies, and what would be played."""
    validation = validate(experiment(tmp_path, metrics=["recall@5", "context_recall"]))
    assert validation.applies == {"recall@5": 6, "context_recall": 6}
    assert validation.needs == {}
    assert validation.ground_truth
    assert validation.replay is not None
    assert validation.replay.answers == 6


def test_what_is_asked_is_counted_before(tmp_path: Path) -> None:
    """A preflight reads what is asked, with repetitions where the target has some, and the dataset's size is known."""
    settings = experiment(tmp_path, target={"kind": "http", "url": "http://127.0.0.1:9/", "repeats": 2})
    survey = preflight(settings, 3)
    asked = list(with_repeats(settings, 3))
    assert survey.asked == len(asked) == 6
    assert [case.id for case in asked[:2]] == ["case-0", "case-0~2"]
    assert size(settings) == 6
