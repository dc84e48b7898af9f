"""Whether gates speak of what there is: metrics, tags, cases and baselines, before anything is asked or paid for."""

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rag_eval import config, stats
from rag_eval.errors import ConfigError, MismatchError
from rag_eval.gates.expressions import CasesGate, Gate, ValueGate, guardrail, parse
from rag_eval.records import ANSWERED, REFUSED, MetricTraits, Origin

_FREE = ("coverage", "cost", "refusals")
"""Subjects that are no metrics."""


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run when it begins, or when it has ended."""

    traits: Sequence[MetricTraits]
    primary: str
    origin: Origin
    tags: Collection[str] | None = None
    """Of all questions of the dataset; None where only some of them are asked."""
    ids: Collection[str] | None = None
    """Those of `ids` that the dataset has; None as above."""
    prices: bool = True
    """Whether what the judge costs will be known."""


def of_experiment(experiment: config.Experiment) -> tuple[Gate, ...]:
    """The gates of an experiment and of its guardrails, each once; raises `ConfigError` that names every mistake."""
    gates: dict[str, Gate] = {}
    problems: list[str] = []
    for place, text in enumerate(experiment.gates):
        try:
            gate = parse(text, f"gates[{place + 1}]")
            gates.setdefault(gate.text, gate)
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    for metric in experiment.guardrails:
        gate = guardrail(metric)
        gates.setdefault(gate.text, gate)
    return tuple(gates.values())


def ids(gates: Sequence[Gate]) -> frozenset[str]:
    """The cases that gates name."""
    return frozenset(gate.key for gate in gates if isinstance(gate, CasesGate) and gate.by == "id")


def baselines(gates: Sequence[Gate]) -> list[str]:
    """The baselines that gates name, each once."""
    return list(dict.fromkeys(gate.baseline for gate in gates if gate.baseline is not None))


def check(gates: Sequence[Gate], facts: RunFacts) -> None:
    """Raise `ConfigError` for metrics, tags, cases and units that a run does not have."""
    problems = [f"gate {gate.text}: {problem}" for gate in gates if (problem := _problem(gate, facts))]
    if problems:
        raise ConfigError("\n".join(problems))


def check_baselines(
    gates: Sequence[Gate],
    origin: Origin,
    origins: Mapping[str, Origin],
    *,
    limit: str = "",
    limits: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise `MismatchError` where a baseline was measured otherwise, or lacks a metric that a gate speaks of.

    `origins` is each baseline's name to where its scores come from, `limit` how the run was limited, such as
    `--limit 5`, and `limits` how each baseline was.
    """
    for gate in gates:
        if gate.baseline is None:
            continue
        theirs = origins[gate.baseline]
        different = [*stats.origin_differences(theirs, origin)]
        if isinstance(gate, ValueGate) and gate.subject not in theirs.metrics:
            different.append(f"it has no {gate.subject}")
        if not different:
            continue
        apart = theirs.dataset != origin.dataset
        if apart and limits.get(gate.baseline):
            different.append(f"the baseline was made with {limits[gate.baseline]}")
        todo = f"Make a new one: rag-eval run … --no-gates, then rag-eval baseline set latest {gate.baseline}"
        if apart and limit:
            todo = f"This run asks only the first questions ({limit}): leave --limit out, or add --no-gates"
        raise MismatchError(
            f"gate {gate.text}: the baseline {gate.baseline} cannot be compared with this run: "
            f"{'; '.join(different)}. {todo}"
        )


def _problem(gate: Gate, facts: RunFacts) -> str:
    """The first thing that is wrong with a gate; nothing where it is right."""
    return next((problem for check_ in _CHECKS if (problem := check_(gate, facts))), "")


def _metric(gate: Gate) -> str | None:
    """The metric that a gate speaks of, None where it is the primary one or none."""
    if isinstance(gate, CasesGate):
        return gate.metric
    return None if gate.subject in _FREE or (gate.subject == ANSWERED and not gate.statistic) else gate.subject


def subjects(gate: Gate, primary: str) -> frozenset[str]:
    """The metrics whose outcomes decide a gate; `coverage` stands for all of them."""
    if isinstance(gate, CasesGate):
        return frozenset({gate.metric or primary})
    free = {"refusals": frozenset({REFUSED}), "cost": frozenset[str]()}
    return free.get(gate.subject, frozenset({gate.subject}))


def _known_metric(gate: Gate, facts: RunFacts) -> str:
    name, names = _metric(gate), [traits.name for traits in facts.traits]
    if gate.kind == "value" and gate.subject == "refusals" and REFUSED not in names:
        return "no metric of this experiment looks at refusals; abstention and correctness do"
    if name is not None and name not in names:
        return f"no metric of this experiment is called {name!r}.{_near(name, names)}"
    return "" if isinstance(gate, ValueGate) or name or facts.primary in names else "there is no primary metric"


def _known_cases(gate: Gate, facts: RunFacts) -> str:
    tag = gate.tag if isinstance(gate, ValueGate) else gate.key if gate.by == "tag" else None
    if tag is not None and facts.tags is not None and tag not in facts.tags:
        return f"no case has the tag {tag!r}.{_near(tag, sorted(facts.tags))}"
    if isinstance(gate, CasesGate) and gate.by == "id" and facts.ids is not None and gate.key not in facts.ids:
        return f"no case has the id {gate.key!r}"
    return ""


def _priced(gate: Gate, facts: RunFacts) -> str:
    if isinstance(gate, ValueGate) and gate.subject == "cost" and not facts.prices:
        return "what the judge costs is not known; write judge.prices: {prompt: …, completion: …}"
    return ""


def _fitting(gate: Gate, facts: RunFacts) -> str:
    """Whether limit and unit are such as the value can have."""
    limit = gate.limit
    if limit is None or limit.value is None:
        return _needs_limit(gate, facts)
    share, unit = _kind(gate, facts)
    if limit.unit and limit.unit != unit and not (share and limit.unit == "%"):
        return f"{limit.unit} is no unit of this; it is {f'in {unit}' if unit else 'a share, as 0.85 or 85%'}"
    if share and not 0 <= limit.value <= 1:
        return f"{limit.value:g} is outside 0 to 1; write 0.85 or 85%"
    return ""


def _kind(gate: Gate, facts: RunFacts) -> tuple[bool, str]:
    """Whether the value lies in [0, 1], and its unit."""
    if isinstance(gate, ValueGate):
        if gate.subject == "cost":
            return False, "USD"
        if gate.statistic in ("", "coverage") or gate.subject == "refusals":
            return True, ""
    name = _metric(gate) or facts.primary
    traits = next(traits for traits in facts.traits if traits.name == name)
    return traits.bounded, traits.unit


def _needs_limit(gate: Gate, facts: RunFacts) -> str:
    """The half of a score, where no limit stands, makes sense of scores alone."""
    if gate.kind != "required":
        return ""
    traits = next(t for t in facts.traits if t.name == facts.primary)
    if traits.bounded and traits.higher_is_better:
        return ""
    return f"say what each case must reach, as {traits.name} is no score: {gate.text} correctness >= 0.8"


def _right_way(gate: Gate, facts: RunFacts) -> str:
    """Whether a metric is limited on the side that is the worse one."""
    limit, measured = gate.limit, _metric(gate)
    if limit is None or measured is None or (gate.kind == "value" and gate.statistic in ("drop_vs", "coverage")):
        return ""
    higher = next(traits for traits in facts.traits if traits.name == measured).higher_is_better
    wanted = ">=" if higher else "<="
    if limit.relation == wanted:
        return ""
    return f"expected {wanted} here, not {limit.relation}: {'more' if higher else 'less'} is better in {measured}"


_CHECKS: tuple[Callable[[Gate, RunFacts], str], ...] = (_known_metric, _known_cases, _priced, _right_way, _fitting)


def _near(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{hint} There are: {', '.join(names)}" if names else f"{hint} There are none"
