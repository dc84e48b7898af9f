"""Which variant is best, whether it can be told from the others, and what choosing it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag_eval import configfile, stats
from rag_eval.evaluation import survey
from rag_eval.evaluation.comparison import compare_all
from rag_eval.records import Interval, RunComparison
from rag_eval.stats.families import ALPHA
from rag_eval.sweep import front, telling
from rag_eval.sweep.folder import SweepFolder, SweepState
from rag_eval.sweep.measuring import MeasuredRun, Measurements, VariantRun, VariantScores, measure, shared_scores
from rag_eval.sweep.result import Axis, CorrectedMean, SweepResult, VariantResult

FEWEST = 6
"""Questions from which on variants are ranked, as pairs are compared."""
BEST = "best"
"""What a baseline is called that is whichever variant leads."""


@dataclass(frozen=True)
class Ranking:
    """The variants that have values, by quality."""

    scores: VariantScores
    means: tuple[float, ...]
    intervals: tuple[Interval | None, ...]
    order: tuple[int, ...]
    """Places in `scores.runs`, the best first."""
    p_best: tuple[float, ...]
    selection: stats.Selection | None

    def place(self, run: MeasuredRun) -> int | None:
        """The place of a run in `scores`; None where it has no value."""
        return next((place for place, ranked in enumerate(self.scores.runs) if ranked is run), None)


def conclude(folder: SweepFolder, swept: Sequence[VariantRun], state: SweepState, baseline: int | str) -> SweepResult:
    """What the runs of all variants come to; `baseline` is the place of a variant, or `BEST`.

    The same runs and seed give the same numbers.
    """
    measured = measure(swept)
    experiment = configfile.load(folder.experiment)
    scores = shared_scores(measured)
    ranking = _ranking(scores, measured, experiment.seed) if len(scores.values) >= FEWEST else None
    leader = ranking.scores.runs[ranking.order[0]] if ranking else None
    base = measured.runs[baseline] if isinstance(baseline, int) else leader or measured.runs[0]
    compared = _compared(base, measured.runs, experiment.seed)
    smallest = experiment.smallest.get(measured.traits.name, measured.traits.smallest)
    axes, on_front = _front(measured, ranking, smallest)
    first = swept[0].summary
    result = SweepResult(
        id=folder.id,
        name=experiment.name,
        primary=measured.traits.name,
        unit=measured.traits.unit,
        higher_is_better=measured.traits.higher_is_better,
        asked=first.planned // survey.repeats(swept[0].variant.experiment),
        questions=len(scores.values),
        limit_said=first.limit_said,
        parallel=state.parallel,
        seed=experiment.seed,
        variants=_rows(measured, ranking, on_front),
        baseline=base.run.variant.label,
        baseline_chosen=baseline == BEST,
        leader=leader.run.variant.label if leader else None,
        contenders=_contenders(ranking),
        value=_corrected(ranking, measured.traits.bounded),
        gain=_gain(ranking, base, experiment.seed, higher_is_better=measured.traits.higher_is_better),
        axes=axes,
        comparisons=compared,
        embedded_judge=first.embedded_judge,
    )
    wording = telling.Wording(result, measured)
    return result.model_copy(update={"sentences": wording.sentences(), "warnings": wording.warnings()})


def _ranking(scores: VariantScores, measured: Measurements, seed: int) -> Ranking:
    higher = measured.traits.higher_is_better
    means = scores.values.mean(axis=0)
    columns = [column.tolist() for column in scores.values.T]
    several = len(columns) > 1
    selection = stats.cross_fitted(
        scores.values, np.random.default_rng(seed), scores.clusters, higher_is_better=higher
    ) if several else None  # fmt: skip
    return Ranking(
        scores=scores,
        means=tuple(means.tolist()),
        intervals=tuple(
            stats.mean_interval(values, np.random.default_rng(seed), clusters=scores.clusters) for values in columns
        ),
        order=tuple(np.argsort(-means if higher else means, kind="stable").tolist()),
        p_best=tuple(
            stats.p_best(scores.values, np.random.default_rng(seed), scores.clusters, higher_is_better=higher)
        ),
        selection=selection,
    )


def _compared(base: MeasuredRun, measured: Sequence[MeasuredRun], seed: int) -> tuple[RunComparison, ...]:
    others = [each.run.folder for each in measured if each is not base]
    return compare_all(base.run.folder, others, seed=seed)


def _contenders(ranking: Ranking | None) -> tuple[str, ...]:
    if ranking is None:
        return ()
    runs, p = ranking.scores.runs, ranking.p_best
    return tuple(runs[place].run.variant.label for place in ranking.order if p[place] > ALPHA)


def _corrected(ranking: Ranking | None, bounded: bool) -> CorrectedMean | None:  # noqa: FBT001  what the metric says of itself
    if ranking is None or ranking.selection is None:
        return None
    interval = ranking.selection.interval
    if interval is not None and bounded:
        interval = interval.model_copy(update={"low": max(interval.low, 0.0), "high": min(interval.high, 1.0)})
    return CorrectedMean(naive=ranking.selection.naive, value=ranking.selection.value, interval=interval)


def _gain(ranking: Ranking | None, base: MeasuredRun, seed: int, *, higher_is_better: bool) -> CorrectedMean | None:
    """What choosing gains over the baseline: the same halves choose the same, and are measured by the difference."""
    place = None if ranking is None else ranking.place(base)
    if ranking is None or ranking.selection is None or place is None or place == ranking.selection.best:
        return None
    differences = ranking.scores.values - ranking.scores.values[:, [place]]
    gain = stats.cross_fitted(
        differences, np.random.default_rng(seed), ranking.scores.clusters, higher_is_better=higher_is_better
    )
    return None if gain is None else CorrectedMean(naive=gain.naive, value=gain.value, interval=gain.interval)


def _front(measured: Measurements, ranking: Ranking | None, smallest: float) -> tuple[tuple[Axis, ...], frozenset[int]]:
    """The axes, and the places in `scores` of what is on the front."""
    if ranking is None:
        return (), frozenset()
    sign = 1 if measured.traits.higher_is_better else -1
    known: list[dict[Axis, float | None]] = [
        {"quality": sign * mean, "latency": run.latency_p50, "cost": run.cost_usd, "tokens": run.tokens}
        for mean, run in zip(ranking.means, ranking.scores.runs, strict=True)
    ]
    axes = front.axes(known)
    points = [front.Point({axis: value for axis in axes if (value := point[axis]) is not None}) for point in known]
    on_front = front.front(points, smallest)
    return axes, frozenset(place for place, each in enumerate(on_front) if each)


def _rows(measured: Measurements, ranking: Ranking | None, on_front: frozenset[int]) -> tuple[VariantResult, ...]:
    """A row for each variant, the best first and those without a value last."""
    rows = [
        _row(number, run, ranking, ranking.place(run) if ranking else None, on_front)
        for number, run in enumerate(measured.runs, start=1)
    ]
    return tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank, row.number)))


def _row(
    number: int, measured: MeasuredRun, ranking: Ranking | None, place: int | None, on_front: frozenset[int]
) -> VariantResult:
    run, own = measured.run, dict[str, object]()
    if ranking is not None and place is not None:
        selection = ranking.selection
        own = {
            "rank": ranking.order.index(place) + 1,
            "quality": ranking.means[place],
            "interval": ranking.intervals[place],
            "share": selection.shares[place] if selection else None,
            "p_best": ranking.p_best[place],
        }
    refusals = run.summary.refusals
    fields: Mapping[str, object] = {"rank": None, "quality": None, "interval": None, "share": None, "p_best": None}
    return VariantResult.model_validate(
        {
            **fields,
            **own,
            "number": number,
            "label": run.variant.label,
            "settings": dict(run.variant.settings),
            "name": run.variant.experiment.name,
            "run": str(run.folder.path),
            "answered": run.summary.answered,
            "asked": run.summary.planned,
            "refused": None if refusals is None else refusals.refused,
            "latency_p50": measured.latency_p50,
            "latency_p95": measured.latency_p95,
            "tokens": measured.tokens,
            "cost_usd": measured.cost_usd,
            "on_front": place in on_front,
            "gates": run.summary.gates,
        }
    )
