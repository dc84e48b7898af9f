"""What becomes of gates: passed where the limit is surely kept, failed where it surely is not, else undecided.

A gate passes where a one-sided limit of 95 % keeps it. It fails where its p, adjusted for all gates of the file (Holm),
is at most .05: of files whose limits are all kept, at most one in twenty fails. What the judge failed to score is taken
at its least and at its largest; a gate that this could turn is undecided. Counts are what they are.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rag_eval import run_scores, stats
from rag_eval.errors import MismatchError
from rag_eval.gates import cases, samples, sentences, sequential
from rag_eval.gates.expressions import CasesGate, Gate, Limit, ValueGate, quantile
from rag_eval.gates.findings import GateFinding
from rag_eval.gates.samples import GateSample
from rag_eval.ports import Scores
from rag_eval.records import ANSWERED, GateOutcome, GateResult, MetricTraits, Summary
from rag_eval.stats import holm, mean_bound, non_inferiority, p_mean_above, p_mean_below, quantile_p
from rag_eval.stats.bounds import UNIT, Limits

ALPHA = 0.05
"""Chance that a gate fails although all limits of the file are kept, and that one passes that is not kept."""


_SIDES: tuple[Literal["above", "below"], Literal["above", "below"]] = ("above", "below")
"""Of a limit: where a quantile fails that is limited from above, and where it passes."""


@dataclass(frozen=True)
class Trial:
    """A run in question, and what it is held against."""

    scores: Scores
    """Of the run in question."""
    summary: Summary
    """The same run at a glance."""
    baselines: Mapping[str, tuple[str, Scores]] = field(default_factory=dict)
    """Name to the id and the scores of the run that stands for it."""
    smallest: Mapping[str, float] = field(default_factory=dict)
    """The smallest difference that matters, for metrics that have one of their own."""
    seed: int = 0
    replaced: frozenset[str] = frozenset()
    """The baselines for which a run of another name stands."""

    def rng(self) -> np.random.Generator:
        """The same numbers for each gate, whatever stands before it."""
        return np.random.default_rng(self.seed)

    def traits(self, metric: str) -> MetricTraits:
        """What is known of a metric; raises `MismatchError` where the run has none of this name."""
        for traits in self.scores.meta.traits:
            if traits.name == metric:
                return traits
        raise MismatchError(f"{self.summary.run_id}: has no metric called {metric}")


def decide(gates: Sequence[Gate], trial: Trial) -> tuple[GateResult, ...]:
    """What becomes of each gate, in order; all fail where the run is neither finished nor stopped when decided."""
    if not trial.summary.finished and not trial.summary.stopped:
        return tuple(_unfinished(gate, trial.summary) for gate in gates)
    watched = _watched(gates, trial)
    findings = [_looked_at(gate, trial, len(watched)) if gate in watched else _finding(gate, trial) for gate in gates]
    tested = [finding.p for finding in findings if finding.p is not None]
    adjusted = iter(holm(tested) if tested else ())
    return tuple(
        _result(gate, finding, None if finding.p is None else next(adjusted), trial)
        for gate, finding in zip(gates, findings, strict=True)
    )


def _unfinished(gate: Gate, summary: Summary) -> GateResult:
    why = f"the run is {summary.state}"
    return GateResult(expression=gate.text, outcome="failed", sentence=sentences.plain(gate, "failed", why))


def _watched(gates: Sequence[Gate], trial: Trial) -> list[ValueGate]:
    """The gates that were, or could have been, decided on the way; none where nobody looked."""
    if trial.summary.sequential is None:
        return []
    return sequential.watched(gates, trial.scores.meta.traits, trial.smallest)


def _looked_at(gate: Gate, trial: Trial, count: int) -> GateFinding:
    """Somebody looked before the end: what counts is an interval that allows for that, also where it went on."""
    design = trial.summary.sequential
    assert design is not None
    assert isinstance(gate, ValueGate)
    assert gate.baseline is not None
    traits = trial.traits(gate.subject)
    after = design.after if trial.summary.stopped else None
    order = sequential.first(trial.scores, design.model_copy(update={"after": after}))
    limit = sequential.margin(gate, traits, trial.smallest)
    return sequential.look(gate, traits, (trial.baselines[gate.baseline][1], trial.scores), limit, order, count)


def _finding(gate: Gate, trial: Trial) -> GateFinding:
    if isinstance(gate, CasesGate):
        return _of_cases(gate, trial)
    if trial.summary.stopped:
        return GateFinding(outcome="undecided", note=f"it needs every question, and asking was {trial.summary.state}")
    among = samples.tagged(trial.scores, gate.tag)
    if among is not None and not among:
        return cases.absent(f"the tag {gate.tag}", trial.summary.limit_said)
    if gate.statistic == "drop_vs":
        return _drop(gate, trial, among)
    if gate.statistic in ("", "coverage"):
        return _counted(gate, trial, among)
    share = quantile(gate.statistic)
    return _average(gate, trial, among) if share is None else _quantile(gate, share, trial, among)


def _average(gate: ValueGate, trial: Trial, among: frozenset[str] | None) -> GateFinding:
    if gate.subject == "refusals":
        sample = samples.of_refusals(trial.scores, answerable=gate.statistic == "over", among=among)
        return _mean(sample, gate.limit, UNIT, trial)
    traits = trial.traits(gate.subject)
    sample = samples.of_metric(trial.scores, traits, among)
    return _mean(sample, gate.limit, UNIT if traits.bounded and _within(sample, 0.0) else None, trial)


def _within(sample: GateSample, least: float) -> bool:
    """Whether all values lie between `least` and 1, which somebody's own metric may only claim."""
    return all(least <= value <= 1 for value in sample.values)


def _of_cases(gate: CasesGate, trial: Trial) -> GateFinding:
    traits = trial.traits(gate.metric or trial.scores.meta.primary)
    if gate.baseline is None:
        return cases.required(gate, traits, trial.scores, trial.summary.limit_said)
    baseline = trial.baselines[gate.baseline][1]
    return cases.no_regression(gate, traits, trial.scores, baseline, trial.summary.limit_said)


def _counted(gate: ValueGate, trial: Trial, among: frozenset[str] | None) -> GateFinding:
    """Shares of questions and money, which are known and not estimated."""
    if gate.subject == "cost":
        usage = trial.summary.usage
        value = 0.0 if usage.cost_usd is None and not usage.calls else usage.cost_usd
        return _settled(value, gate.limit, usage.calls, "the judge's prices are not known", what="judge calls")
    if gate.subject == ANSWERED and not gate.statistic:
        came = samples.side(trial.scores, trial.traits(ANSWERED), among).values
        return _settled(_share(sum(came.values()), len(came)), gate.limit, len(came), "no question was asked")
    names = [m.name for m in trial.summary.metrics] if gate.subject == "coverage" else [gate.subject]
    counts = {name: _coverage(trial.scores, name, among) for name in names}
    shares = {name: n / due for name, (n, due) in counts.items() if due}
    if not shares:
        return GateFinding(outcome="failed", limit=gate.limit.value, note="no metric applies to any case")
    least = min(shares, key=lambda name: shares[name])
    n, due = counts[least]
    finding = _settled(shares[least], gate.limit, due, "", what="")
    return finding.noted(f"{least} has a value for {n} of {due} cases")


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _coverage(scores: Scores, metric: str, among: frozenset[str] | None) -> tuple[int, int]:
    """Values, and cases that a metric applies to."""
    repeats = scores.repeats()

    def count(ids: Mapping[str, object]) -> int:
        return sum(among is None or repeats.get(case, case) in among for case in ids)

    values = count(scores.values(metric))
    return values, values + count(scores.failed(metric))


def _settled(value: float | None, limit: Limit, n: int, unknown: str, what: str = "questions") -> GateFinding:
    if value is None:
        return GateFinding(outcome="failed", limit=limit.value, note=unknown)
    return GateFinding(
        outcome="passed" if limit.kept(value) else "failed", value=value, limit=limit.value, n=n, what=what
    )


def _mean(sample: GateSample, limit: Limit, limits: Limits, trial: Trial) -> GateFinding:
    assert limit.value is not None
    if not sample.values:
        return GateFinding(outcome="undecided", limit=limit.value, note=_without_values(sample))
    least = limit.relation == ">="
    fails, passes = (p_mean_below, p_mean_above) if least else (p_mean_above, p_mean_below)
    at, belongs = limit.value, run_scores.clusters_of(trial.scores)

    def p(test: Callable[..., float], reading: Sequence[float]) -> float:
        return test(reading, at, trial.rng(), sample.groups(belongs, len(reading)), limits)

    values, groups = [*sample.values], sample.groups(belongs, len(sample.values))
    low, high = (mean_bound(values, side, ALPHA, trial.rng(), groups, limits) for side in ("lower", "upper"))
    return GateFinding(
        value=float(np.mean(sample.values)),
        limit=at,
        note=_unbounded(values, groups) if low is None or high is None else "",
        n=len(sample.values),
        cleared=all(p(passes, reading) <= ALPHA for reading in sample.readings),
        p=max(p(fails, reading) for reading in sample.readings),
        bounds=None if low is None or high is None else (low, high),
        unjudged=len(sample.unjudged),
        unanswered=sample.unanswered,
    )


def _unbounded(values: Sequence[float], groups: Sequence[Hashable] | None, what: str = "values") -> str:
    """Why a value has no bounds, in words."""
    reason = stats.without_interval(values, groups).replace("values", what)
    return f"no bounds: {reason}" if reason else ""


def _without_values(sample: GateSample) -> str:
    lost = f", the judge failed on {len(sample.unjudged)}" if sample.unjudged else ""
    return f"no question has a value{lost}"


def _quantile(gate: ValueGate, share: float, trial: Trial, among: frozenset[str] | None) -> GateFinding:
    """A question that got no answer counts as slower than any where little is better."""
    assert gate.limit.value is not None
    traits = trial.traits(gate.subject)
    sample = samples.of_metric(trial.scores, traits, among)
    if not sample.values:
        return GateFinding(outcome="undecided", limit=gate.limit.value, note=_without_values(sample))
    silent = frozenset[str]() if traits.higher_is_better else samples.unanswered(trial.scores, gate.subject)
    lost = len(silent if among is None else silent & among)
    most, at = gate.limit.relation == "<=", gate.limit.value
    fails, passes = _SIDES if most else _SIDES[::-1]
    # Exactly at the limit is within it, whichever way it limits.
    at = at if most else float(np.nextafter(at, -np.inf))
    readings = [[*reading, *[np.inf] * lost] for reading in sample.readings]
    beyond = sum(value > at for value in readings[0]) if most else sum(value <= at for value in readings[0])
    return GateFinding(
        value=float(np.quantile(sample.values, share)),
        limit=gate.limit.value,
        n=len(readings[0]),
        cleared=all(quantile_p(reading, share, at, passes) <= ALPHA for reading in readings),
        p=max(quantile_p(reading, share, at, fails) for reading in readings),
        unjudged=len(sample.unjudged),
        note=f"{beyond} beyond the limit{f', {lost} of them without an answer' if lost else ''}",
    )


def _drop(gate: ValueGate, trial: Trial, among: frozenset[str] | None) -> GateFinding:
    """What was lost against the baseline: non-inferiority, paired by question."""
    assert gate.baseline is not None
    traits = trial.traits(gate.subject)
    run, baseline = trial.scores, trial.baselines[gate.baseline][1]
    a, b = samples.side(baseline, traits, among), samples.side(run, traits, among)
    sample = samples.differences(a, b, bounded=traits.bounded)
    margin = _margin(gate, trial, traits, a)
    sign = -1 if traits.higher_is_better else 1
    if not sample.values:
        return GateFinding(outcome="undecided", limit=margin, note="no question has a value in both runs")
    loss = sign * float(np.mean(sample.values))
    if not any(sample.values) and not sample.unjudged:
        return GateFinding(outcome="passed", value=0.0, limit=margin, n=len(sample.values), note="no question moved")
    limits = (-1.0, 1.0) if traits.bounded and _within(sample, -1.0) else None
    belongs = run_scores.clusters_of(baseline, run)
    tests = [
        non_inferiority(
            reading, margin, trial.rng(), traits.higher_is_better, ALPHA, sample.groups(belongs, len(reading)), limits
        )
        for reading in sample.readings
    ]
    within = tests[0].bound
    return GateFinding(
        value=loss,
        limit=margin,
        note="" if within else _unbounded(sample.values, sample.groups(belongs, len(sample.values)), "differences"),
        n=len(sample.values),
        cleared=all(test.p_holds <= ALPHA for test in tests),
        p=max(test.p_fails for test in tests),
        bounds=None if within is None else (min(sign * x for x in within), max(sign * x for x in within)),
        unjudged=len(sample.unjudged),
        unanswered=sample.unanswered,
        signed=True,
        higher=traits.higher_is_better,
    )


def _margin(gate: ValueGate, trial: Trial, traits: MetricTraits, a: stats.Side) -> float:
    """What may be lost; the smallest difference that matters is the experiment's, else the metric's own."""
    if gate.limit.value is not None:
        return gate.limit.value
    if traits.name in trial.smallest:
        return trial.smallest[traits.name]
    mean = float(np.mean([*a.values.values()])) if a.values else 0.0
    return max(traits.smallest, traits.smallest_share * abs(mean))


def _result(gate: Gate, finding: GateFinding, p: float | None, trial: Trial) -> GateResult:
    outcome = finding.outcome or _outcome(finding, p)
    against = trial.baselines[gate.baseline][0] if gate.baseline is not None else ""
    instead = f" in place of {gate.baseline}" if gate.baseline in trial.replaced else ""
    return GateResult(
        expression=gate.text,
        outcome=outcome,
        value=finding.value,
        limit=finding.limit,
        n=finding.n,
        p=p,
        against=against,
        sentence=sentences.sentence(gate, finding, outcome, p, _unit(gate, trial), against + instead),
    )


def _outcome(finding: GateFinding, p: float | None) -> GateOutcome:
    if finding.cleared:
        return "passed"
    return "failed" if p is not None and p <= ALPHA else "undecided"


def _unit(gate: Gate, trial: Trial) -> str:
    if isinstance(gate, CasesGate) or gate.statistic in ("", "coverage", "invented", "over"):
        return "USD" if gate.kind == "value" and gate.subject == "cost" else ""
    return trial.traits(gate.subject).unit
