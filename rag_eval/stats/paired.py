"""Whether B is better than A on one metric: differences question by question, and what they allow to say."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from rag_eval.records import Conclusion, Interval, MetricComparison, MetricTraits, Movement, PairedMeans
from rag_eval.stats.clusters import FEWEST_CLUSTERS, cluster_p, grouped
from rag_eval.stats.intervals import FEW_MOVED, FEWEST, ROUNDING, alike, difference_interval
from rag_eval.stats.power import minimum_detectable, needed
from rag_eval.stats.signs import effect_size, outcomes, paired_spread, sign_flip, sign_test

TIE = ROUNDING
"""Differences no larger than this are ties."""

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

    def among(self, questions: frozenset[str]) -> "Side":
        """What it has of some questions."""
        return Side(
            values={key: value for key, value in self.values.items() if key in questions},
            unanswered=self.unanswered & questions,
            unjudged=self.unjudged & questions,
            refused=self.refused & questions,
        )


class _Scale(NamedTuple):
    """What a difference of a metric is measured by."""

    smallest: float
    """The smallest one that matters."""
    sign: int
    """1 where more is better, else -1."""
    unit: str = ""


class _Finding(NamedTuple):
    """What differences allow to say."""

    verdict: Conclusion
    interval: Interval | None = None
    note: str = ""
    p_value: float | None = None


class _Sizes(NamedTuple):
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


def _paired(a: Side, b: Side) -> _Pairs:
    keys = [key for key in a.values if key in b.values]
    return _Pairs(keys, *(np.array([side.values[key] for key in keys], dtype=float) for side in (a, b)))


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
    pairs = _paired(a, b)
    keys = pairs.keys
    described = _described(traits, pairs, a, b, question)
    smallest = max(traits.smallest, traits.smallest_share * abs(described.mean_a or 0.0))
    scale = _Scale(smallest, 1 if traits.higher_is_better else -1, traits.unit)
    groups = _clusters_of(keys, clusters)
    finding = _conclude(pairs.differences, groups, scale, rng)
    lost = _lost(a, b) if traits.bounded else {}
    extremes = _extremes(pairs.differences, lost) if lost else None
    if extremes is not None:
        all_groups = _clusters_of([*keys, *lost], clusters)
        turned = {_side(_conclude(extreme, all_groups, scale, rng).verdict) for extreme in extremes}
        if turned != {_side(finding.verdict)}:
            finding = _cannot_tell(finding, len(lost))
    sizes = _sizes_of(pairs.differences, groups, scale.smallest)
    return described.model_copy(
        update={
            **finding._asdict(),
            **sizes._asdict(),
            "smallest": scale.smallest,
            "unjudged": len(lost),
            "bounds": None if extremes is None else _means(extremes),
        }
    )


def _described(
    traits: MetricTraits, pairs: _Pairs, a: Side, b: Side, question: Callable[[str], str]
) -> MetricComparison:
    """What is plain to see, before anything is concluded from it."""
    n = len(pairs.keys)
    counts = outcomes(pairs.differences, higher_is_better=traits.higher_is_better)
    return MetricComparison(
        name=traits.name,
        pairs=n,
        only_a=len(a.values) - n,
        only_b=len(b.values) - n,
        mean_a=float(pairs.a.mean()) if n else None,
        mean_b=float(pairs.b.mean()) if n else None,
        difference=float(pairs.differences.mean()) if n else None,
        interval=None,
        win=counts.win,
        tie=counts.tie,
        loss=counts.loss,
        moved=_moved(pairs, question, 1 if traits.higher_is_better else -1),
        higher_is_better=traits.higher_is_better,
        unanswered_a=len(a.unanswered.intersection(pairs.keys)),
        unanswered_b=len(b.unanswered.intersection(pairs.keys)),
        survivors=_survivors(pairs, a.unanswered | b.unanswered),
        refused_a=len(a.refused),
        refused_b=len(b.refused),
        unit=traits.unit,
    )


def _clusters_of(keys: Sequence[str], clusters: Mapping[str, Hashable] | None) -> list[Hashable] | None:
    return None if clusters is None else [("", key) if key not in clusters else (clusters[key],) for key in keys]


def _sizes_of(differences: np.ndarray, clusters: Sequence[Hashable] | None, smallest: float) -> _Sizes:
    n = len(differences)
    spread = paired_spread(differences, clusters) if n >= FEWEST else None
    if not spread:
        return _Sizes()
    more = needed(spread, float(differences.mean()), n, smallest)
    return _Sizes(effect_size(differences, clusters), minimum_detectable(spread, n), more)


def _conclude(
    differences: np.ndarray, clusters: Sequence[Hashable] | None, scale: _Scale, rng: np.random.Generator
) -> _Finding:
    """What differences allow to say."""
    if len(differences) < FEWEST:
        few = "1 pair is" if len(differences) == 1 else f"{len(differences)} pairs are"
        return _Finding("too_few", note=f"{few} too few to tell; it takes {FEWEST}")
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
    if interval is None:
        same = f"all {moved} questions moved by {value:+.3g} {scale.unit}".rstrip()
        note = same if alike(differences) else "what moved is alike in every cluster, which gives no interval"
        return _Finding(_beyond(value, scale), note=note, p_value=p_value)
    return _Finding(_by_interval(value, interval, scale), interval, p_value=p_value)


def _by_signs(differences: np.ndarray, moved: int) -> _Finding:
    """The exact sign test; with so few it never rejects, and says by how much it does not."""
    up = int((differences > 0).sum())
    p = sign_test(up, moved - up)
    came = f"{moved} question{'s' if moved > 1 else ''} of {len(differences)}"
    note = f"only {came} moved, {up} up and {moved - up} down (sign test p = {p:.2f})"
    return _Finding("unclear", note=note, p_value=p)


def _by_interval(mean: float, interval: Interval, scale: _Scale) -> Conclusion:
    """Better or worse where 0 is outside and the difference matters; nothing that matters where all of it is small."""
    if interval.low > 0 or interval.high < 0:
        return _beyond(mean, scale)
    return "negligible" if -scale.smallest < interval.low and interval.high < scale.smallest else "unclear"


def _beyond(mean: float, scale: _Scale) -> Conclusion:
    if abs(mean) < scale.smallest:
        return "negligible"
    return "better" if scale.sign * mean > 0 else "worse"


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


def losses(traits: MetricTraits, a: Side, b: Side, question: Callable[[str], str]) -> tuple[Movement, ...]:
    """All questions of which B is worse than A, the largest loss first."""
    moved = _moved(_paired(a, b), question, 1 if traits.higher_is_better else -1, most=None)
    return tuple(m for m in moved if (m.difference < 0) == traits.higher_is_better)


def _moved(pairs: _Pairs, question: Callable[[str], str], sign: int, most: int | None = MOVED) -> tuple[Movement, ...]:
    """Up to `most` losses and as many gains, the losses first, the largest of each first."""
    differences = pairs.differences
    gains = sign * differences
    order = np.argsort(-abs(differences), kind="stable")
    order = np.concatenate([order[gains[order] < 0][:most], order[gains[order] > 0][:most]])
    return tuple(
        Movement(case_id=pairs.keys[i], user_input=question(pairs.keys[i]), a=float(pairs.a[i]), b=float(pairs.b[i]))
        for i in order.tolist()
        if abs(differences[i]) > TIE
    )
