"""The experiment of a command: what the command line says in place of its file, and what is logged while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag_eval.cli import gating
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import config


@dataclass(frozen=True)
class Overrides:
    """What the command line says in place of what an experiment's file says; None leaves the file's word."""

    max_concurrency: int | None = None
    """Questions, and judge calls, in flight."""
    seed: int | None = None
    runs: Path | None = None
    """The folder that run folders are written into."""
    mlflow: bool = True
    """False keeps the run out of MLflow, whatever the file says."""
    gates: tuple[str, ...] | None = None
    """Expressions that are held to behind the experiment's own."""
    no_gates: bool = False
    dataset: str | None = None
    """What the questions are taken from, as it stands, without the fields and splits that the file names."""


@dataclass(frozen=True)
class Observation:
    """How much a command logs, how, and where its figures can be read while it runs."""

    verbose: int = 0
    log_format: Literal["console", "json"] = "console"
    metrics_port: int | None = None
    metrics_file: Path | None = None


def overridden(experiment: "config.Experiment", overrides: Overrides) -> "config.Experiment":
    """The experiment with what the command line says; raises `UsageError` or `ConfigError` for gates."""
    changes: dict[str, object] = {}
    if overrides.max_concurrency is not None:
        concurrency = {"concurrency": overrides.max_concurrency}
        changes["target"] = experiment.target.model_copy(update=concurrency)
        changes["judge"] = experiment.judge.model_copy(update=concurrency)
    if overrides.dataset is not None:
        changes["dataset"] = type(experiment.dataset)(path=overrides.dataset)
    if overrides.seed is not None:
        changes["seed"] = overrides.seed
    if overrides.runs is not None:
        changes["runs"] = str(overrides.runs)
    if not overrides.mlflow:
        changes["mlflow"] = experiment.mlflow.model_copy(update={"enabled": False})
    if overrides.no_gates and overrides.gates:
        raise UsageError("--gate and --no-gates contradict each other")
    if overrides.gates is not None:
        changes["gates"] = (*experiment.gates, *(gate.text for gate in gating.parsed(overrides.gates)))
    return experiment.model_copy(update=changes)


@contextmanager
def observed(observation: Observation, *experiments: "config.Experiment") -> Iterator[str | None]:
    """Logs and metrics for as long as the block lasts, without the experiments' secrets; gives the metrics' URL."""
    from rag_eval import telemetry

    with telemetry.observed(
        verbose=observation.verbose,
        log_format=observation.log_format,
        metrics_port=observation.metrics_port,
        metrics_file=observation.metrics_file,
    ) as url:
        for experiment in experiments:
            telemetry.hide(*telemetry.secrets_of(experiment.model_dump()))
        yield url
