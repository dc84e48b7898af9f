"""What a gate looks at: values of a metric, question by question, and what they could be where the judge failed."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from rag_eval import run_scores, stats
from rag_eval.ports import Scores
from rag_eval.records import REFUSED, MetricTraits
from rag_eval.stats.paired import TIE


@dataclass(frozen=True)
class GateSample:
    """Numbers of which a mean or a quantile is taken."""

    values: Sequence[float]
    """One for each question; where two runs are compared, B minus A."""
    unjudged: Sequence[tuple[float, float]] = ()
    """Least and largest that those could be that the judge failed to score."""
    unanswered: int = 0
    """Questions that got no answer: those of `values` that are 0 for it, or of which there is no value."""
    keys: Sequence[str] = ()
    """The questions of `values`."""

    @property
    def readings(self) -> list[list[float]]:
        """The values as they are, and with what the judge failed at its least and at its largest."""
        if not self.unjudged:
            return [[*self.values]]
        lows, highs = zip(*self.unjudged, strict=True)
        return [[*self.values], [*self.values, *lows], [*self.values, *highs]]

    def groups(self, belongs: Mapping[str, str] | None, count: int) -> list[Hashable] | None:
        """What each of `count` values belongs to with others; those that the judge failed stand each for itself."""
        if belongs is None:
            return None
        named = [(belongs[key],) if key in belongs else ("", key) for key in self.keys]
        return [*named, *(("", str(place)) for place in range(count - len(named)))]


def tagged(scores: Scores, tag: str | None) -> frozenset[str] | None:
    """The ids of the questions with a tag; None where all count."""
    if tag is None:
        return None
    repeats = scores.repeats()
    return frozenset(repeats.get(case, case) for case, tags in scores.tags().items() if tag in tags)


def side(scores: Scores, traits: MetricTraits, among: frozenset[str] | None = None) -> stats.Side:
    """What a run has of a metric, as a comparison sees it, over some of its questions."""
    whole = run_scores.side(scores, traits)
    return whole if among is None else whole.among(among)


def of_metric(scores: Scores, traits: MetricTraits, among: frozenset[str] | None) -> GateSample:
    """A metric's values; no answer is 0 where a comparison counts it so."""
    own = side(scores, traits, among)
    unjudged = [(0.0, 1.0)] * len(own.unjudged) if traits.bounded else []
    return GateSample([*own.values.values()], unjudged, len(own.unanswered), [*own.values])


def unanswered(scores: Scores, metric: str) -> frozenset[str]:
    """The ids of the questions of which a metric has no value because no answer came."""
    repeats = scores.repeats()
    return frozenset(repeats.get(case, case) for case, stage in scores.failed(metric).items() if stage == "target")


def of_refusals(scores: Scores, *, answerable: bool, among: frozenset[str] | None) -> GateSample:
    """1 for each question that was refused although it has an answer, or answered although it has none, else 0."""
    wanted = {key for key, has_answer in scores.answerable().items() if has_answer == answerable}
    own = side(scores, MetricTraits(name=REFUSED), among)
    values = {key: value if answerable else 1 - value for key, value in own.values.items() if key in wanted}
    return GateSample([*values.values()], [(0.0, 1.0)] * len(own.unjudged & wanted), keys=[*values])


def differences(a: stats.Side, b: stats.Side, *, bounded: bool) -> GateSample:
    """B minus A, over the questions of which both have a value or could have had one but for the judge."""
    pairs = {key: b.values[key] - value for key, value in a.values.items() if key in b.values}
    values = [0.0 if abs(value) <= TIE else value for value in pairs.values()]
    lost = [key for key in dict.fromkeys([*a.unjudged, *b.unjudged]) if _could_be(key, a) and _could_be(key, b)]
    ranges = [_range(key, a.values, b.values) for key in lost] if bounded else []
    return GateSample(values, ranges, len(b.unanswered.intersection(pairs)), [*pairs])


def _could_be(key: str, own: stats.Side) -> bool:
    return key in own.values or key in own.unjudged


def _range(key: str, a: Mapping[str, float], b: Mapping[str, float]) -> tuple[float, float]:
    return b.get(key, 0.0) - a.get(key, 1.0), b.get(key, 1.0) - a.get(key, 0.0)
