"""A sweep in words, the same in every report: who leads, whether that can be told, and which number to quote."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_eval.records import overall_outcome
from rag_eval.reports import formatting
from rag_eval.stats.selection import HALVINGS
from rag_eval.sweep.measuring import Measurements
from rag_eval.sweep.result import Axis, CorrectedMean, SweepResult, VariantResult

_NAMED = 4
"""Variants that a sentence names; of more it gives the number."""
_EQUAL = 1e-9


@dataclass(frozen=True)
class Wording:
    """What there is to say of a result."""

    result: SweepResult
    measured: Measurements

    def sentences(self) -> tuple[str, ...]:
        """The verdict; the first sentence can stand alone."""
        result = self.result
        parts = [_headline(result), _gates(result), _quoted(result), _gained(result), _front(result)]
        return tuple(part for part in parts if part)

    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before believing a number."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        result = self.result
        if result.embedded_judge:
            yield formatting.EMBEDDED
        if result.limit_said:
            yield f"Only the first questions were asked ({result.limit_said})."
        yield from self._left_out()
        yield from self._unanswered()
        yield from self._too_little()
        if result.baseline_chosen and result.leader:
            yield (
                "The baseline was chosen by the same numbers, so the differences to it hold the luck of having been "
                "chosen. Which variants cannot be told apart from it does not."
            )
        live = any(each.run.variant.experiment.target.kind != "replay" for each in self.measured.runs)
        if result.parallel > 1 and live:
            yield (
                f"{result.parallel} variants were asked at a time: the times hold what they did to each other. Without "
                "--parallel they are alone."
            )

    def _left_out(self) -> Iterator[str]:
        result = self.result
        if without := [row.label for row in result.variants if row.quality is None and result.leader]:
            yield f"{listing(without)}: no value of {result.primary}, so not ranked."
        if result.questions == result.asked or not result.leader:
            return
        sides = [each.side for each in self.measured.runs if each.side.values]
        reasons = (
            (len(frozenset().union(*(side.refused for side in sides))), "were refused by one"),
            (len(frozenset().union(*(side.unjudged for side in sides))), "were not scored because the judge failed"),
        )
        why = "".join(f", {count} {what}" for count, what in reasons if count)
        yield (
            f"Variants are ranked over the {result.questions} of {result.asked} questions of which each has a value of "
            f"{result.primary}{why}."
        )

    def _unanswered(self) -> Iterator[str]:
        short = [row for row in self.result.variants if row.answered < row.asked]
        if short:
            counts = "; ".join(f"{row.label}: {row.asked - row.answered} of {row.asked}" for row in short)
            as_zero = self.measured.traits.unanswered == "zero"
            yield f"Without an answer, {'which counts as 0' if as_zero else 'which is left out'}: {counts}."

    def _too_little(self) -> Iterator[str]:
        for each in self.measured.runs:
            short = [m.name for m in (*each.run.summary.short_of_coverage, *each.run.summary.without_value)]
            if short:
                yield f"Too little of {each.run.variant.label} was scored: {', '.join(dict.fromkeys(short))}."


def _headline(result: SweepResult) -> str:
    ranked = [row for row in result.variants if row.quality is not None]
    if result.leader is None:
        return (
            f"Too few questions to rank {len(result.variants)} variants: {result.questions} have a value of "
            f"{result.primary} in all of them, and it takes six."
        )
    leader, others = result.variant(result.leader), [label for label in result.contenders if label != result.leader]
    seen = f"{result.primary} {_number(result, leader.quality)}"
    if len(ranked) == 1:
        return f"{quoted(leader.label)} is the only variant with a value of {result.primary}."
    if _all_equal(result):
        return f"Every variant has the same {seen}."
    if not others:
        return f"{quoted(leader.label)} is best, with {seen}: every other variant is clearly worse."
    if len(others) == len(ranked) - 1:
        return f"{quoted(leader.label)} leads with {seen}, and no variant can be told apart from it."
    worse = len(ranked) - 1 - len(others)
    rest = f"{worse} other{' is' if worse == 1 else 's are'} clearly worse"
    return f"{quoted(leader.label)} leads with {seen}; {listing(others)} cannot be told apart from it, {rest}."


def _all_equal(result: SweepResult) -> bool:
    """Whether there is nothing to choose from: one variant with a value, or the same value for all."""
    values = [row.quality for row in result.variants if row.quality is not None]
    return max(values) - min(values) < _EQUAL


def _gates(result: SweepResult) -> str:
    outcomes = [overall_outcome(row.gates) for row in result.variants]
    if not result.leader or not any(outcomes):
        return ""
    own = overall_outcome(result.variant(result.leader).gates)
    kept = {
        "passed": "keeps every gate",
        "failed": "fails a gate and must not ship",
        "undecided": "has undecided gates",
    }
    passing = f"; {outcomes.count('passed')} of {len(outcomes)} variants keep all of theirs"
    return f"It {kept[own]}{passing}." if own else ""


def _quoted(result: SweepResult) -> str:
    """Which number to quote for the choice."""
    if not result.leader or _all_equal(result):
        return ""
    leader, value = result.variant(result.leader), result.value
    ranked = sum(row.quality is not None for row in result.variants)
    naive = _number(result, leader.quality)
    if value is None:
        return (
            f"Quote {naive} with care: it is the best of {ranked} that were seen, which is partly luck, and with "
            f"{result.questions} questions there are too few to choose on one half and measure on the other."
        )
    if leader.share == 1.0:
        return (
            f"Quote {naive}{_limits(value)}: either half of the questions chose it, in each of {HALVINGS} random "
            "halvings, so that it owes nothing to having been chosen."
        )
    quote = _number(result, value.value)
    return (
        f"Quote {quote}{_limits(value)} for it, not {naive}: that is the best of {ranked}, and partly luck. {quote} is "
        f"what the best on one half of the questions has on the other, over {HALVINGS} random halvings."
    )


def _gained(result: SweepResult) -> str:
    if result.gain is None or not result.leader:
        return ""
    gain, interval = result.gain, result.gain.interval
    none = interval is not None and interval.low <= 0 <= interval.high
    unit = f" {result.unit}" if result.unit else ""
    limits = f" {formatting.interval(interval, plus=True)}" if interval else ""
    seen = "" if abs(gain.naive - gain.value) < _EQUAL else f", not the {formatting.signed(gain.naive)} that was seen"
    return (
        f"Against {quoted(result.baseline)} the choice is worth {formatting.signed(gain.value)}{unit}{limits}{seen}"
        f"{': it may be worth nothing' if none else ''}."
    )


def _front(result: SweepResult) -> str:
    on_front = [row.label for row in result.variants if row.on_front]
    if len(result.axes) < 2 or not on_front:  # noqa: PLR2004  one thing alone is no trade
        return ""
    what = f"the Pareto front of {_and([axis_name(axis, result.primary) for axis in result.axes])}"
    if len(on_front) == sum(row.quality is not None for row in result.variants):
        return f"Every variant is on {what}."
    return f"On {what}: {listing(on_front)}."


def axis_name(axis: Axis, primary: str) -> str:
    """What an axis of the front is called."""
    names: dict[Axis, str] = {"quality": primary, "latency": "latency", "cost": "cost", "tokens": "tokens"}
    return names[axis]


def _number(result: SweepResult, value: float | None) -> str:
    return f"{formatting.number(value)} {result.unit}".strip()


def _limits(value: CorrectedMean) -> str:
    return f" {formatting.interval(value.interval)}" if value.interval else ""


def quoted(label: str) -> str:
    """A label as it stands in a sentence: in quotation marks where it holds a comma or a space."""
    return f'"{label}"' if set(label) & {",", " "} else label


def listing(labels: Sequence[str]) -> str:
    """Some labels in a sentence; of many the number."""
    return _and([quoted(label) for label in labels]) if len(labels) <= _NAMED else f"{len(labels)} variants"


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def so(result: SweepResult, row: VariantResult) -> str:
    """What may be said of a variant as the best."""
    if row.quality is None:
        return "no value"
    if row.label == result.leader:
        return "leads"
    return "may be the best" if row.label in result.contenders else "clearly worse"
