"""The variants of an experiment: ordinary experiments that differ in the settings which its matrix varies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import JsonValue

from rag_eval import config, configfile, stats
from rag_eval.config import matrix
from rag_eval.errors import ConfigError, MismatchError, UsageError
from rag_eval.evaluation.plan import Plan, prepare
from rag_eval.evaluation.replay_input import open_replay
from rag_eval.evaluation.validation import Validation, validate


@dataclass(frozen=True)
class Variant:
    """One of the experiments that a sweep runs."""

    label: str
    """What people call it, such as `top_k=3, rerank=true`."""
    settings: Mapping[str, JsonValue]
    """Dotted path to value: what it has of its own."""
    experiment: config.Experiment
    """All of it, under a name of its own and without a matrix."""


def expand(experiment: config.Experiment) -> tuple[Variant, ...]:
    """The variants of an experiment, in the order of its matrix; raises `ConfigError` that names each mistake."""
    if experiment.matrix is None:
        raise ConfigError(
            f"{experiment.name}: matrix: is missing, so there is nothing to vary. It reads "
            "matrix: {target.body.top_k: [3, 5, 8]}; one version alone: rag-eval run"
        )
    labels = matrix.labels(experiment.matrix)
    names = matrix.run_names(experiment.name, labels)
    expanded: list[Variant] = []
    problems: list[str] = []
    for listed, label, name in zip(experiment.matrix, labels, names, strict=True):
        settings = matrix.settings(listed)
        single = experiment.model_copy(update={"name": name, "matrix": None})
        try:
            expanded.append(Variant(label, settings, configfile.revised(single, settings, f"matrix, {label}")))
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(expanded)


def checked(variants: Sequence[Variant], limit: int | None, *, gates: bool) -> list[Plan]:
    """Each variant looked at before anybody is asked; raises `UsageError`, also where two would not compare."""
    parts: list[Plan] = []
    for variant in variants:
        with (
            _naming(variant),
            open_replay(variant.experiment, limit),
        ):  # captured answers are read, and can be played
            part = prepare(variant.experiment, limit, gated=gates)
            part.check_gates()
        parts.append(part)
    for variant, part in zip(variants[1:], parts[1:], strict=True):
        _demand_alike((variants[0], parts[0]), (variant, part))
    return parts


def validated(variants: Sequence[Variant]) -> list[Validation]:
    """What each variant would do, without asking anybody; raises `UsageError`."""
    plans: list[Validation] = []
    for variant in variants:
        with _naming(variant):
            plans.append(validate(variant.experiment))
    return plans


@contextmanager
def _naming(variant: Variant) -> Iterator[None]:
    """Say which variant a mistake is of."""
    try:
        yield
    except UsageError as error:
        raise type(error)(f"matrix, {variant.label}: {error}") from error


def _demand_alike(first: tuple[Variant, Plan], other: tuple[Variant, Plan]) -> None:
    """Raise `MismatchError` where two variants would not be asked, or measured, the same."""
    (variant_a, a), (variant_b, b) = first, other
    different = [*stats.origin_differences(a.origin, b.origin)]
    if a.survey.repeats != b.survey.repeats:
        different.append(f"one asks each question {a.survey.repeats} times and one {b.survey.repeats} times")
    if different:
        labels = f"{variant_a.label} and {variant_b.label}"
        raise MismatchError(f"matrix: {labels} cannot be compared: {'; '.join(different)}")


def named(variants: Sequence[Variant], wanted: str) -> int:
    """The place of a variant that is called by its label, its run's name or its number from 1; raises `ConfigError`."""
    numbers = [str(number) for number in range(1, len(variants) + 1)]
    for names in ([each.label for each in variants], [each.experiment.name for each in variants], numbers):
        if wanted in names:
            return names.index(wanted)
    there = "; ".join(f"{place}: {variant.label}" for place, variant in enumerate(variants, start=1))
    raise ConfigError(f"--baseline {wanted}: is no variant. There are {there}; and `best`")
