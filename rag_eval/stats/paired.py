"""Whether B is better than A on one metric: differences question by question, and what they allow to say."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag_eval.records import Conclusion, Interval, MetricComparison, MetricTraits, Movement, PairedMeans
from rag_eval.stats.clusters import FEWEST_CLUSTERS, cluster_p, grouped
from rag_eval.stats.intervals import FEW_MOVED, FEWEST, difference_interval
from rag_eval.stats.power import minimum_detectable, needed
from rag_eval.stats.signs import outcomes, paired_spread, sign_flip, sign_test

TIE = 1e-9
"""Differences no larger than this are ties: what two sums in another order leave."""

MOVED = 10
"""Questions that are listed as having lost most, and as having gained most."""


@dataclass(frozen=True)
class Side:
    """What one run has of one metric, by question."""

    values: Mapping[str, float]
    """Scores, in the order of the dataset; 0 for a question that got no answer, where the metric counts it so."""
    unanswered: frozenset[str] = frozenset()
    """Those of them that got no answer."""
    unjudged: frozenset[str] = frozenset()
    """Questions without a value because the judge failed."""
    refused: frozenset[str] = frozenset()
    """Questions without a value because the answer refuses."""


@dataclass(frozen=True)
class _Finding:
    """What differences allow to say."""

    verdict: Conclusion
    interval: Interval | None = None
    note: str = ""
    p_value: float | None = None


@dataclass(frozen=True)
class _Sizes:
    """How large a difference is, and how small a one these pairs and more of them could see."""

    effect: float | None = None
    detectable: float | None = None
    needed: int | None = None


@dataclass(frozen=True)
class _Pairs:
    """The questions of which both runs have a value."""

    keys: Sequence[str]
    a: np.ndarray = field(repr=False)
    b: np.ndarray = field(repr=False)

    @property
    def differences(self) -> np.ndarray:
        """B minus A; the same rounding in every pair would else be a certain gain."""
        raw = self.b - self.a
        return np.where(abs(raw) <= TIE, 0.0, raw)


def compare_metric(
    traits: MetricTraits,
    a: Side,
    b: Side,
    question: Callable[[str], str],
    rng: np.random.Generator,
    clusters: Mapping[str, Hashable] | None = None,
) -> MetricComparison:
    """Paired comparison of one metric; `question` tells a question's text, `clusters` what it is to be grouped by.

    A question that got no answer is a pair where the metric counts it as 0. One that the judge failed to score in a run
    is none; what it might have been widens the difference to `bounds`, and where that would turn what is concluded, the
    conclusion is that it cannot be told. A question without a cluster is one of its own.
    """
    keys = [key for key in a.values if key in b.values]
    pairs = _Pairs(keys, *(np.array([side.values[key] for key in keys], dtype=float) for side in (a, b)))
    differences = pairs.differences
    sign = 1 if traits.higher_is_better else -1
    mean_a = float(pairs.a.mean()) if keys else None
    smallest = max(traits.smallest, traits.smallest_share * abs(mean_a or 0.0))
    groups = _clusters_of(keys, clusters)
    finding = _conclude(differences, groups, smallest, sign, rng)
    lost = _lost(a, b) if traits.bounded else {}
    extremes = _extremes(differences, lost) if lost else None
    if extremes is not None:
        groups_too = _clusters_of([*keys, *lost], clusters)
        turned = {_side(_conclude(extreme, groups_too, smallest, sign, rng).verdict) for extreme in extremes}
        if turned != {_side(finding.verdict)}:
            finding = _cannot_tell(finding, len(lost))
    sizes = _sizes_of(differences, groups, smallest)
    counts = outcomes(differences, higher_is_better=traits.higher_is_better)
    return MetricComparison(
        name=traits.name,
        pairs=len(keys),
        only_a=len(a.values) - len(keys),
        only_b=len(b.values) - len(keys),
        mean_a=mean_a,
        mean_b=float(pairs.b.mean()) if keys else None,
        difference=float(differences.mean()) if keys else None,
        interval=finding.interval,
        win=counts.win,
        tie=counts.tie,
        loss=counts.loss,
        moved=_moved(pairs, question, sign),
        higher_is_better=traits.higher_is_better,
        verdict=finding.verdict,
        note=finding.note,
        p_value=finding.p_value,
        smallest=smallest,
        unanswered_a=len(a.unanswered.intersection(keys)),
        unanswered_b=len(b.unanswered.intersection(keys)),
        survivors=_survivors(pairs, a.unanswered | b.unanswered),
        refused_a=len(a.refused),
        refused_b=len(b.refused),
        unjudged=len(lost),
        bounds=None if extremes is None else _means(extremes),
        unit=traits.unit,
        effect=sizes.effect,
        detectable=sizes.detectable,
        needed=sizes.needed,
    )


def _clusters_of(keys: Sequence[str], clusters: Mapping[str, Hashable] | None) -> list[Hashable] | None:
    return None if clusters is None else [("", key) if key not in clusters else (clusters[key],) for key in keys]


def _sizes_of(differences: np.ndarray, clusters: Sequence[Hashable] | None, smallest: float) -> _Sizes:
    n = len(differences)
    spread = paired_spread(differences, clusters) if n >= FEWEST else None
    if not spread:
        return _Sizes()
    mean = float(differences.mean())
    return _Sizes(mean / spread, minimum_detectable(spread, n), needed(spread, mean, n, smallest))


def _conclude(
    differences: np.ndarray,
    clusters: Sequence[Hashable] | None,
    smallest: float,
    sign: int,
    rng: np.random.Generator,
) -> _Finding:
    """What differences allow to say; `sign` is 1 where more is better."""
    if len(differences) < FEWEST:
        return _Finding("too_few", note=f"{len(differences)} pairs are too few to tell; it takes {FEWEST}")
    by_cluster = grouped(differences, clusters)
    moved = int((differences != 0).sum())
    if not moved:
        return _Finding("unmoved", note=f"none of {len(differences)} questions moved")
    if moved <= FEW_MOVED:
        return _by_signs(differences, moved)
    if by_cluster is not None and len(by_cluster) < FEWEST_CLUSTERS:
        return _Finding("too_few", note=f"{len(by_cluster)} clusters are too few to tell; it takes {FEWEST_CLUSTERS}")
    interval = difference_interval(differences.tolist(), rng, clusters=clusters)
    p_value = sign_flip(differences, rng) if by_cluster is None else cluster_p(by_cluster)
    value = float(differences.mean())
    if interval is None:  # all moved by the same
        note = f"all {moved} questions moved by {value:+.3f}"
        return _Finding(_beyond(value, smallest, sign), note=note, p_value=p_value)
    return _Finding(_by_interval(value, interval, smallest, sign), interval, p_value=p_value)


def _by_signs(differences: np.ndarray, moved: int) -> _Finding:
    """The exact sign test; with so few it never rejects, and says by how much it does not."""
    up = int((differences > 0).sum())
    p = sign_test(up, moved - up)
    came = f"{moved} question{'s' if moved > 1 else ''} of {len(differences)}"
    note = f"only {came} moved, {up} up and {moved - up} down (sign test p = {p:.2f})"
    return _Finding("unclear", note=note, p_value=p)


def _by_interval(mean: float, interval: Interval, smallest: float, sign: int) -> Conclusion:
    """Better or worse where 0 is outside and the difference matters; nothing that matters where all of it is small."""
    if interval.low > 0 or interval.high < 0:
        return _beyond(mean, smallest, sign)
    return "negligible" if -smallest < interval.low and interval.high < smallest else "unclear"


def _beyond(mean: float, smallest: float, sign: int) -> Conclusion:
    if abs(mean) < smallest:
        return "negligible"
    return "better" if sign * mean > 0 else "worse"


def _side(conclusion: Conclusion) -> Conclusion:
    """Better, worse or neither."""
    return conclusion if conclusion in ("better", "worse") else "unclear"


def _cannot_tell(finding: _Finding, lost: int) -> _Finding:
    plural = "s" if lost > 1 else ""
    note = f"the judge failed on {lost} question{plural}, whose scores could turn it"
    return _Finding("cannot_tell", finding.interval, note, finding.p_value)


def _lost(a: Side, b: Side) -> dict[str, tuple[float, float]]:
    """Questions that the judge failed to score in a run: what their differences may be, against B and for it."""
    bounds = {}
    for key in dict.fromkeys([*a.unjudged, *b.unjudged]):
        known_a, known_b = a.values.get(key), b.values.get(key)
        if (known_a is None and key not in a.unjudged) or (known_b is None and key not in b.unjudged):
            continue  # one of the runs has nothing to compare with
        low = (0.0 if known_b is None else known_b) - (1.0 if known_a is None else known_a)
        bounds[key] = low, (1.0 if known_b is None else known_b) - (0.0 if known_a is None else known_a)
    return bounds


def _extremes(differences: np.ndarray, lost: Mapping[str, tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """The differences with what the judge failed taken against B, and for it."""
    low, high = np.array(list(lost.values())).T
    return np.concatenate([differences, low]), np.concatenate([differences, high])


def _means(extremes: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    low, high = extremes
    return float(low.mean()), float(high.mean())


def _survivors(pairs: _Pairs, unanswered: frozenset[str]) -> PairedMeans | None:
    """Means over the pairs that both answered; None where that is all of them, or none."""
    kept = [place for place, key in enumerate(pairs.keys) if key not in unanswered]
    if not kept or len(kept) == len(pairs.keys):
        return None
    return PairedMeans(pairs=len(kept), mean_a=float(pairs.a[kept].mean()), mean_b=float(pairs.b[kept].mean()))


def _moved(pairs: _Pairs, question: Callable[[str], str], sign: int) -> tuple[Movement, ...]:
    """Up to `MOVED` losses and as many gains, the losses first, the largest of each first."""
    differences = pairs.differences
    gains = sign * differences
    order = np.argsort(-abs(differences), kind="stable")
    order = np.concatenate([order[gains[order] < 0][:MOVED], order[gains[order] > 0][:MOVED]])
    return tuple(
        Movement(case_id=pairs.keys[i], user_input=question(pairs.keys[i]), a=float(pairs.a[i]), b=float(pairs.b[i]))
        for i in order.tolist()
        if abs(differences[i]) > TIE
    )
