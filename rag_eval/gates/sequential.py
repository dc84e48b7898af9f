"""Gates that are looked at while a run goes on, by intervals that hold however often one looks.

Questions enter in an order that is random and depends on nothing but the seed, whichever is asked or answered first.
A gate on what a score may lose passes where its confidence sequence lies within the limit, and fails where it lies
beyond, each as surely as a gate that is looked at once. What the judge failed to score is taken at its least for the
one and at its largest for the other.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from rag_eval import run_scores, stats
from rag_eval.gates import samples
from rag_eval.gates.expressions import CasesGate, Gate, ValueGate
from rag_eval.gates.findings import GateFinding
from rag_eval.ports import Scores
from rag_eval.records import (
    Conclusion,
    GateOutcome,
    Interval,
    MetricComparison,
    MetricTraits,
    RunComparison,
    SequentialDesign,
)
from rag_eval.stats.families import verdict

ALPHA = 0.05
"""Chance that the mean is ever outside of an interval, half of it on each side; gates that fail share it.

Two-sided, so that what a gate says and the interval that a comparison shows are never at odds.
"""


def in_order(seed: int, ids: Iterable[str]) -> list[str]:
    """Questions in the random order of a seed."""
    return sorted(ids, key=lambda key: hashlib.sha256(f"{seed}|{key}".encode("utf-8", "surrogatepass")).digest())


def watched(gates: Sequence[Gate], traits: Sequence[MetricTraits], smallest: Mapping[str, float]) -> list[ValueGate]:
    """The gates that can be decided on the way: of what a score may lose, by a limit that is known beforehand."""
    bounded = {t.name: t for t in traits if t.bounded}
    return [
        gate
        for gate in gates
        if isinstance(gate, ValueGate)
        and gate.statistic == "drop_vs"
        and gate.subject in bounded
        and (gate.limit.value is not None or gate.subject in smallest or not bounded[gate.subject].smallest_share)
    ]


def others(gates: Sequence[Gate], watched_: Sequence[ValueGate]) -> list[Gate]:
    """The gates that need every question; those on single cases need only theirs."""
    return [gate for gate in gates if gate not in watched_ and not isinstance(gate, CasesGate)]


def required(gates: Sequence[Gate], ids: Mapping[str, Collection[str]]) -> set[str]:
    """The questions that gates speak of one by one; `ids` has the tags of each question."""
    single = [gate for gate in gates if isinstance(gate, CasesGate)]
    return {
        key
        for key, tags in ids.items()
        if any(gate.key == key if gate.by == "id" else gate.key in tags for gate in single)
    }


def margin(gate: ValueGate, traits: MetricTraits, smallest: Mapping[str, float]) -> float:
    """What may be lost."""
    if gate.limit.value is not None:
        return gate.limit.value
    return smallest.get(traits.name, traits.smallest)


def look(
    gate: ValueGate, traits: MetricTraits, runs: tuple[Scores, Scores], limit: float, order: Sequence[str], count: int
) -> GateFinding:
    """What is known of a gate after these questions, in their random order; `runs` are base and head.

    `count` is the number of gates that are looked at.
    """
    among = samples.tagged(runs[1], gate.tag)
    base, head = (samples.side(scores, traits, among) for scores in runs)
    sign = 1 if traits.higher_is_better else -1
    surely, perhaps = stats.PairedSequence(ALPHA), stats.PairedSequence(ALPHA / count)
    pairs = _differences(base, head, order)
    if any(not -1 <= end <= 1 for pair in pairs for end in pair):
        return GateFinding(outcome="undecided", limit=limit, note=f"{traits.name} is no score from 0 to 1")
    for pair in pairs:
        least, most = sorted(sign * end for end in pair)
        surely.update(least)
        perhaps.update(most)
    known = [sign * low for low, high in pairs if low == high]
    if not surely.n:
        return GateFinding(outcome="undecided", limit=limit, note="no question has a value in both runs")
    outcome: GateOutcome = "passed" if surely.decided(-limit) == "above" else "undecided"
    outcome = "failed" if perhaps.decided(-limit) == "below" else outcome
    return GateFinding(
        outcome=outcome,
        value=-sum(known) / len(known) if known else None,
        limit=limit,
        n=surely.n,
        bounds=(-perhaps.interval[1], -surely.interval[0]),
        unjudged=len(pairs) - len(known),
        note="by a confidence sequence",
        signed=True,
        higher=traits.higher_is_better,
    )


def _differences(base: stats.Side, head: stats.Side, order: Sequence[str]) -> list[tuple[float, float]]:
    """Head minus base for each question that has both: what it is, or its least and largest where the judge failed."""
    pairs = []
    for key in order:
        pair = samples.differences(_only(base, key), _only(head, key), bounded=True)
        pairs += [(value, value) for value in pair.values] + [*pair.unjudged]
    return pairs


def _only(side: stats.Side, key: str) -> stats.Side:
    """What a run has of one question."""
    mine = frozenset((key,))
    return replace(
        side,
        values={key: side.values[key]} if key in side.values else {},
        unanswered=side.unanswered & mine,
        unjudged=mine if key in side.unjudged else frozenset(),
        refused=frozenset(),
    )


class FirstScores:
    """The scores of some questions of a run, as `ports.Scores` has them."""

    def __init__(self, scores: Scores, keys: Collection[str]) -> None:
        self._scores, self._keys = scores, frozenset(keys)
        self.meta = scores.meta

    def values(self, metric: str) -> dict[str, float]:
        """Case id to value."""
        return {key: value for key, value in self._scores.values(metric).items() if key in self._keys}

    def failed(self, metric: str) -> dict[str, str]:
        """Case id to the stage that failed."""
        return {key: stage for key, stage in self._scores.failed(metric).items() if key in self._keys}

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        return [key for key in self._scores.without(metric, reason) if key in self._keys]

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome; of the whole run."""
        return self._scores.scored(metrics)

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer."""
        return {key: known for key, known in self._scores.answerable().items() if key in self._keys}

    def repeats(self) -> dict[str, str]:
        """None: what is stopped on the way repeats nothing."""
        return {}

    def clusters(self) -> dict[str, str]:
        """Case id to what the case belongs to with others."""
        return {key: cluster for key, cluster in self._scores.clusters().items() if key in self._keys}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags."""
        return {key: tags for key, tags in self._scores.tags().items() if key in self._keys}

    def question(self, case_id: str) -> str:
        """The text of a question."""
        return self._scores.question(case_id)


def first(scores: Scores, design: SequentialDesign) -> list[str]:
    """The questions that count of a run that was looked at on the way, in their random order."""
    return in_order(design.seed, scores.answerable())[: design.after]


def concluded(compared: RunComparison, runs: tuple[Scores, Scores], design: SequentialDesign) -> RunComparison:
    """A comparison over the first questions of a run that was stopped, with intervals that allow for that.

    Only the metrics that decided when to stop have one, and a conclusion; of the others there are means.
    """
    order = first(runs[1], design)
    traits = {t.name: t for t in runs[1].meta.traits}
    metrics = tuple(_concluded(m, traits[m.name], runs, order, design) for m in compared.metrics)
    named = ", ".join(design.metrics)
    total = runs[1].meta.total
    return compared.model_copy(
        update={
            "metrics": metrics,
            "verdict": verdict(metrics, compared.primary),
            "regressed": tuple(m.name for m in metrics if m.verdict == "worse"),
            "improved": tuple(m.name for m in metrics if m.verdict == "better"),
            "stopped": f"Asking was stopped when decided, after {len(order)} of {total} questions in a random order. "
            f"Only {named} can be concluded from, by intervals that hold at every moment; the other means are those of "
            "a sample that was stopped.",
        }
    )


def _concluded(
    metric: MetricComparison,
    traits: MetricTraits,
    runs: tuple[Scores, Scores],
    order: Sequence[str],
    design: SequentialDesign,
) -> MetricComparison:
    changes: dict[str, object] = {
        "interval": None, "verdict": "unclear", "p_value": None, "adjusted_p": None, "effect": None,
        "detectable": None, "needed": None, "note": "",
    }  # fmt: skip
    if metric.name in design.metrics and metric.pairs and traits.bounded:
        base, head = (run_scores.side(scores, traits) for scores in runs)
        low, high = stats.PairedSequence(ALPHA), stats.PairedSequence(ALPHA)
        for least, most in _differences(base, head, order):
            low.update(min(max(least, -1.0), 1.0))
            high.update(min(max(most, -1.0), 1.0))
        ends = {"low": low.interval[0], "high": high.interval[1]}
        interval = Interval(**ends, level=1 - ALPHA, method="confidence sequence")
        changes |= {"interval": interval, "verdict": _side(interval, traits, metric.smallest)}
    return metric.model_copy(update=changes)


def _side(interval: Interval, traits: MetricTraits, smallest: float) -> Conclusion:
    if interval.low > 0 or interval.high < 0:
        return "better" if (interval.low > 0) == traits.higher_is_better else "worse"
    return "negligible" if -smallest < interval.low and interval.high < smallest else "unclear"
