"""An experiment resolved once: what is asked of whom, measured by what, and held to which gates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from rag_eval import config, gates, judges, metrics, targets
from rag_eval._version import __version__
from rag_eval.errors import ConfigError
from rag_eval.evaluation.replay_input import resolve_paths
from rag_eval.evaluation.survey import Survey, cases, demand_single, preflight, with_repeats
from rag_eval.gates import Gate
from rag_eval.metrics import MetricSpec
from rag_eval.records import Case, MetricTraits, Origin


@dataclass(frozen=True)
class Plan:
    """An experiment that can be run as it is written; nobody has been asked yet. It is passed on in its place."""

    experiment: config.Experiment
    """With the paths of what is played resolved, and with the gates that are implied where it has none."""
    survey: Survey
    """Its cases, counted."""
    specs: tuple[MetricSpec, ...]
    """What is measured."""
    gates: tuple[Gate, ...] = ()
    """What the run will be held to."""
    limit: int | None = None
    """Only the first so many cases are asked."""

    @cached_property
    def origin(self) -> Origin:
        """Where its scores will come from."""
        return Origin(
            judge=judges.origin(self.experiment.judge, self.experiment.seed),
            metrics=metrics.versions(self.specs),
            dataset=self.survey.fingerprint,
            code=__version__,
        )

    @cached_property
    def traits(self) -> tuple[MetricTraits, ...]:
        """What must be known of its metrics to add them up."""
        return tuple(metrics.traits(self.specs))

    @property
    def primary(self) -> str:
        """The metric that is read first; raises `ConfigError` where the one that is named is not measured."""
        return primary(self.experiment, self.traits)

    def cases(self) -> Iterator[Case]:
        """Its cases, read anew each time."""
        return cases(self.experiment, self.limit)

    def questions(self) -> Iterator[Case]:
        """What is asked: its cases with their repetitions, read anew each time."""
        return with_repeats(self.experiment, self.limit)

    def with_implied_gates(self) -> Self:
        """The same, held to another run: it has gates then, if not its own."""
        experiment = gates.with_implied(self.experiment, self.primary, self.traits)
        return replace(self, experiment=experiment, gates=gates.of_experiment(experiment))

    def check_gates(self, against: tuple[Origin, str] | None = None) -> None:
        """Raise `UsageError` where gates speak of what the run will not have.

        `against` is where the scores of a run come from that stands for every baseline, and how it was limited.
        """
        whole = self.limit is None or self.survey.total < self.limit
        facts = gates.RunFacts(
            traits=self.traits,
            primary=self.primary,
            origin=self.origin,
            tags=self.survey.tags if whole else None,
            ids=self.survey.named if whole else None,
            prices=self.experiment.judge.is_priced,
        )
        gates.check(self.gates, facts)
        root = Path(self.experiment.baselines)
        known = {name: against or _measured(gates.find(name, root)) for name in gates.baselines(self.gates)}
        origins = {name: origin for name, (origin, _) in known.items()}
        limits = {name: limit for name, (_, limit) in known.items()}
        own = "" if whole else f"--limit {self.limit}"
        gates.check_baselines(self.gates, self.origin, origins, limit=own, limits=limits)


def prepare(
    experiment: config.Experiment, limit: int | None = None, *, gated: bool = True, implied: bool = False
) -> Plan:
    """Look at all of an experiment before anybody is asked; raises `UsageError`. Gates are only read.

    Without `gated` it is held to none; with `implied` to those that another run implies, if it has none of its own.
    The dataset is read once here, and once more when it is asked.
    """
    demand_single(experiment)
    config.demand_files(experiment, "dataset", "target")
    targets.check(experiment.target)
    judges.check(experiment.judge)
    experiment = resolve_paths(experiment)
    specs = tuple(metrics.select(experiment.metrics, experiment.refusals))
    if gated and implied:
        traits = metrics.traits(specs)
        experiment = gates.with_implied(experiment, primary(experiment, traits), traits)
    demanded = gates.of_experiment(experiment) if gated else ()
    return Plan(experiment, preflight(experiment, limit, gates.ids(demanded)), specs, demanded, limit)


def primary(experiment: config.Experiment, traits: Iterable[MetricTraits]) -> str:
    """The metric that is read first; raises `ConfigError` where the one that is named is not measured."""
    named, names = experiment.primary, [trait.name for trait in traits]
    if named is not None and named not in names:
        raise ConfigError(f"primary: {named!r} is not measured here; there are: {', '.join(names)}")
    return named or metrics.primary(experiment.metrics)


def _measured(baseline: gates.Baseline) -> tuple[Origin, str]:
    return baseline.summary.origin, baseline.summary.limit_said
