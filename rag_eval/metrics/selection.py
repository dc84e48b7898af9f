"""The metrics of an experiment: their declarations by name, what follows from them, and connected to a judge."""

import functools
from collections.abc import Iterable, Sequence

from rag_eval import config
from rag_eval.errors import ConfigError
from rag_eval.metrics.custom import custom_spec
from rag_eval.metrics.refusals import BY_JUDGE, refusal_spec
from rag_eval.metrics.spec import ConnectedMetric, MetricSpec, connect_spec
from rag_eval.plugins import METRICS, load_object
from rag_eval.ports import JudgeBackend
from rag_eval.records import REFUSED, MetricTraits

_READ_FIRST = ("correctness", "faithfulness")


def find_spec(name: str) -> MetricSpec:
    """The declaration of a metric by its name in an experiment; raises `ConfigError` if there is none."""
    if ":" in name:
        return custom_spec(load_object(name), name)
    spec = METRICS.load(name)
    if not isinstance(spec, MetricSpec):
        raise ConfigError(f"metric {name}: what is offered under this name is no MetricSpec but {spec!r}")
    if spec.name != name:
        raise ConfigError(f"metric {name}: the MetricSpec that is offered under this name calls itself {spec.name!r}")
    return spec


def select(listed: Sequence[str], refusals: config.RefusalsConfig = BY_JUDGE) -> tuple[MetricSpec, ...]:
    """The metrics of a list: those that are scored in their order, then those that are derived.

    Metrics that a derived one of the list rests on are among them, as is, hidden, whether an answer refuses, where
    one of them wants to know; and so is what follows by itself from those that are scored.
    """
    refusal = refusal_spec(refusals)
    named = [find_spec(name) for name in listed]
    scored: dict[str, MetricSpec] = {}
    for spec in named:
        inputs = [refusal if name == REFUSED else _input(spec, name) for name in spec.inputs]
        scored.update({part.name: part for part in (inputs if spec.derived else [spec]) if part.name not in scored})
    if any(spec.refusals for spec in scored.values()):
        scored.setdefault(REFUSED, refusal)
    derived = {spec.name: spec for spec in automatic() if all(name in scored for name in spec.inputs)}
    derived |= {spec.name: spec for spec in named if spec.derived and spec.name not in derived}
    return (*scored.values(), *derived.values())


def _input(spec: MetricSpec, name: str) -> MetricSpec:
    part = find_spec(name)
    if part.derived:
        raise ConfigError(f"metric {spec.name}: rests on {name}, which is itself derived from other metrics")
    return part


@functools.cache
def automatic() -> tuple[MetricSpec, ...]:
    """The derived metrics that are there without being named, wherever their inputs are."""
    specs = (find_spec(name) for name in METRICS.builtin if "@" not in name)
    return tuple(spec for spec in specs if spec.automatic)


def connect(specs: Iterable[MetricSpec], backend: JudgeBackend) -> list[ConnectedMetric]:
    """The metrics that are scored, on a judge."""
    return [connect_spec(spec, backend) for spec in specs if not spec.derived]


def scored_for(specs: Iterable[MetricSpec], names: Iterable[str]) -> list[str]:
    """What is scored for some of the metrics of a run: themselves, or what they rest on; and what settles these."""
    by_name = {spec.name: spec for spec in specs}
    wanted: dict[str, None] = {}
    for name in names:
        spec = by_name.get(name)
        wanted |= dict.fromkeys(spec.inputs if spec is not None and spec.derived else (name,))
    if any(name in by_name and by_name[name].refusals for name in wanted):
        wanted[REFUSED] = None
    return [*wanted]


def versions(specs: Iterable[MetricSpec]) -> dict[str, str]:
    """Name to version."""
    return {spec.name: spec.read_version() for spec in specs}


def traits(specs: Iterable[MetricSpec]) -> list[MetricTraits]:
    """What must be known of each metric to add it up, in the order in which reports show them.

    What follows from one metric that is shown stands right behind it, other derived ones stand at the end.
    """
    listed = [*specs]
    shown = {spec.name for spec in listed if not spec.hidden}
    behind = {spec.name: spec.inputs[0] for spec in listed if len(spec.inputs) == 1 and spec.inputs[0] in shown}
    rows: list[MetricSpec] = []
    for spec in listed:
        if spec.name not in behind:
            rows += [spec, *(other for other in listed if behind.get(other.name) == spec.name)]
    return [spec.traits for spec in rows]


def primary(names: Sequence[str]) -> str:
    """The metric that is read first: `correctness`, else `faithfulness`, else the first."""
    return next((name for name in _READ_FIRST if name in names), names[0] if names else "")
