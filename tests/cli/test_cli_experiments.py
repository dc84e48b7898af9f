"""What the command line says in place of an experiment's file."""

from pathlib import Path

import pytest
from support import samples

from rag_eval.cli.experiments import Overrides, overridden
from rag_eval.errors import ConfigError, UsageError


def test_nothing_said_changes_nothing() -> None:
    """The file's word holds."""
    experiment = samples.experiment(seed=5, gates=["correctness.mean >= 0.7"])
    assert overridden(experiment, Overrides()) == experiment


def test_what_is_said_takes_the_place_of_the_file_s() -> None:
    """Target and judge alike are asked by so many at a time."""
    experiment = overridden(samples.experiment(seed=5), Overrides(3, 7, Path("elsewhere"), mlflow=False))
    assert (experiment.target.concurrency, experiment.judge.concurrency) == (3, 3)
    assert (experiment.seed, experiment.runs, experiment.mlflow.enabled) == (7, "elsewhere", False)


def test_gates_stand_behind_the_experiment_s_own() -> None:
    """Each once, however often it was said."""
    own, more = "correctness.mean >= 0.7", "latency.p95 <= 2s"
    experiment = overridden(samples.experiment(gates=[own]), Overrides(gates=(more, more)))
    assert experiment.gates == (own, more)


def test_gates_that_cannot_be_read_are_all_named() -> None:
    """A message for each mistake."""
    with pytest.raises(ConfigError) as error:
        overridden(samples.experiment(), Overrides(gates=("a b c", "correctness.mean >=")))
    assert str(error.value).count("--gate") == 2


def test_gates_and_no_gates_contradict_each_other() -> None:
    """Nobody guesses which was meant."""
    with pytest.raises(UsageError, match="--gate and --no-gates contradict each other"):
        overridden(samples.experiment(), Overrides(gates=("correctness.mean >= 0.7",), no_gates=True))
