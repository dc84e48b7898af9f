"""Gates on single cases: each that is required must do, none that was approved may get worse."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag_eval.gates import samples
from rag_eval.gates.expressions import CasesGate, Limit
from rag_eval.gates.findings import GateFinding
from rag_eval.ports import Scores
from rag_eval.records import GateOutcome, MetricTraits
from rag_eval.stats.paired import TIE

_HALF = Limit(relation=">=", value=0.5)
_SHOWN = 5
"""Cases that a sentence names."""
_FEWEST_DIGITS, _MOST_DIGITS = 2, 9
"""Of a score in a sentence."""


@dataclass
class _Tally:
    """What was looked at, case by case."""

    short: dict[str, str] = field(default_factory=dict)
    """Cases that do not do, each with why."""
    unknown: list[str] = field(default_factory=list)
    """Cases that could do but for the judge."""


def required(gate: CasesGate, traits: MetricTraits, scores: Scores, limited: str = "") -> GateFinding:
    """Whether each case that is meant reaches its score; one that was not asked, or got no answer, does not."""
    limit = gate.limit or _HALF
    keys, own, tally = _keys(gate, scores), samples.side(scores, traits), _Tally()
    if not keys:
        return absent(f"the {gate.by} {gate.key}", limited)
    lost = samples.unanswered(scores, traits.name)
    for key in keys:
        value = own.values.get(key)
        if key in own.unjudged:
            tally.unknown.append(key)
        elif key in lost:
            tally.short[key] = "no answer"
        elif value is None:
            tally.short[key] = "refused" if key in own.refused else "no value"
        elif not limit.kept(value):
            tally.short[key] = f"{value:.{_digits(value, limit.value)}f}"
    reach = f"{'reach' if limit.relation == '>=' else 'keep to'} {limit.value:g}"
    return _finding(keys, tally, traits.name, reach)


def no_regression(
    gate: CasesGate, traits: MetricTraits, scores: Scores, baseline: Scores, limited: str = ""
) -> GateFinding:
    """Whether no case that is meant is worse than in the baseline; one without a value that it had there is worse."""
    keys, tally = _keys(gate, scores), _Tally()
    if not keys:
        return absent(f"the {gate.by} {gate.key}", limited)
    before, after = samples.side(baseline, traits), samples.side(scores, traits)
    sign = 1 if traits.higher_is_better else -1
    for key in keys:
        was, now = before.values.get(key), after.values.get(key)
        if key in before.unjudged or (key in after.unjudged and was is not None):
            tally.unknown.append(key)
        elif was is not None and (now is None or sign * (now - was) < -TIE):
            digits = _digits(was, now)
            tally.short[key] = f"{was:.{digits}f} → {'no value' if now is None else f'{now:.{digits}f}'}"
    return _finding(keys, tally, traits.name, "are no worse")


def _keys(gate: CasesGate, scores: Scores) -> Sequence[str]:
    """The questions that are meant, in the order of the dataset."""
    repeats = scores.repeats()
    asked = dict.fromkeys(repeats.get(case, case) for case in scores.answerable())
    among = samples.tagged(scores, gate.key) if gate.by == "tag" else {gate.key}
    return [key for key in asked if among is not None and key in among]


def absent(what: str, limited: str) -> GateFinding:
    """No case is meant by a gate, which may be because the run was limited."""
    return GateFinding(outcome="failed", note=f"no case that was asked has {what}{f' ({limited})' if limited else ''}")


def _digits(value: float, other: float | None) -> int:
    """As many as tell a value from what it is held against; two at least."""
    if other is None:
        return _FEWEST_DIGITS
    enough = (digits for digits in range(_FEWEST_DIGITS, _MOST_DIGITS) if round(value, digits) != round(other, digits))
    return next(enough, _MOST_DIGITS)


def _finding(keys: Sequence[str], tally: _Tally, metric: str, does: str) -> GateFinding:
    good = len(keys) - len(tally.short) - len(tally.unknown)
    parts = [f"{good} of {len(keys)} cases {does} in {metric}"]
    if tally.short:
        named = [f"{key} ({why})" for key, why in [*tally.short.items()][:_SHOWN]]
        more = len(tally.short) - len(named)
        parts.append(f"not {', '.join(named)}{f' and {more} more' if more else ''}")
    outcome: GateOutcome = "undecided" if tally.unknown else "passed"
    return GateFinding(
        outcome="failed" if tally.short else outcome,
        value=float(good),
        limit=float(len(keys)),
        n=len(keys),
        note="; ".join(parts),
        unjudged=len(tally.unknown),
    )
