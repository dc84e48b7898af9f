"""Which variant is best: out of numbers that are known, and never out of too few."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from support import samples

from rag_eval.records import MetricTraits, RefusalCounts
from rag_eval.runs import RunFolder
from rag_eval.stats import Side
from rag_eval.sweep import choosing
from rag_eval.sweep.choosing import Ranking
from rag_eval.sweep.measuring import MeasuredRun, Measurements, VariantRun, shared_scores
from rag_eval.sweep.variants import Variant

_GOOD, _BAD, _MIDDLE = [1.0] * 20, [0.0] * 20, [1.0, 0.0] * 10


def run(label: str, values: Sequence[float], **more: Any) -> MeasuredRun:
    """A variant with a value for each question."""
    experiment = samples.experiment(name=f"s-{label}")
    variant = VariantRun(Variant(label, {"k": label}, experiment), RunFolder(Path("runs") / label), samples.summary())
    fields: dict[str, Any] = {"latency_p50": None, "latency_p95": None, "tokens": None, "cost_usd": None, **more}
    return MeasuredRun(variant, Side({f"q{n}": value for n, value in enumerate(values)}), **fields)


def measured(*runs: MeasuredRun, **traits: Any) -> Measurements:
    """Several of them."""
    return Measurements(runs, MetricTraits(name="correctness", **traits), None)


def ranked(sweep: Measurements, seed: int = 0) -> Ranking:
    """By quality."""
    return choosing._ranking(shared_scores(sweep), sweep, seed)


def labels(ranking: Ranking) -> list[str]:
    """The best first."""
    return [ranking.scores.runs[place].run.variant.label for place in ranking.order]


def test_variants_stand_in_the_order_of_their_means() -> None:
    """Of equal ones the first in the matrix goes first; where less is better the least does."""
    runs = (run("bad", _BAD), run("good", _GOOD), run("as-good", _GOOD), run("middle", _MIDDLE))
    assert labels(ranked(measured(*runs))) == ["good", "as-good", "middle", "bad"]
    assert labels(ranked(measured(*runs, higher_is_better=False))) == ["bad", "middle", "good", "as-good"]


def test_a_variant_without_values_is_not_ranked() -> None:
    """It has no place, and no rank, and stands last; it does not take questions from the others either."""
    sweep = measured(run("none", []), run("good", _GOOD), run("bad", _BAD))
    ranking = ranked(sweep)
    assert (labels(ranking), len(ranking.scores.values)) == (["good", "bad"], 20)
    assert ranking.place(sweep.runs[0]) is None
    rows = choosing._rows(sweep, ranking, frozenset({0}))
    assert [(row.label, row.rank, row.quality, row.number) for row in rows] == [
        ("good", 1, 1.0, 2), ("bad", 2, 0.0, 3), ("none", None, None, 1),
    ]  # fmt: skip
    assert [row.on_front for row in rows] == [True, False, False]


def test_the_same_seed_gives_the_same_numbers() -> None:
    """Whatever else was drawn before."""
    rng = np.random.default_rng(5)
    runs = [run(str(n), list(rng.random(30))) for n in range(3)]
    first, again = ranked(measured(*runs), 3), ranked(measured(*runs), 3)
    assert (first.intervals, first.p_best, first.selection) == (again.intervals, again.p_best, again.selection)


def test_one_variant_is_chosen_by_nothing() -> None:
    """So that no luck has to be taken off its mean."""
    ranking = ranked(measured(run("only", _MIDDLE)))
    assert ranking.selection is None
    assert choosing._corrected(ranking, bounded=True) is None
    assert choosing._contenders(ranking) == ("only",)


def test_what_is_clearly_worse_may_not_be_the_best() -> None:
    """And what cannot be told apart may; the best first."""
    close = [*_GOOD[:-1], 0.0]
    assert choosing._contenders(ranked(measured(run("bad", _BAD), run("close", close), run("good", _GOOD)))) == (
        "good", "close",
    )  # fmt: skip
    assert choosing._contenders(None) == ()


def test_what_choosing_is_worth_is_no_more_than_what_was_seen() -> None:
    """Its interval stays where the metric can lie, and only there where it has ends."""
    rng = np.random.default_rng(1)
    ranking = ranked(measured(*[run(str(n), list((rng.random(24) > 0.1) * 1.0)) for n in range(5)]))
    bounded, free = choosing._corrected(ranking, bounded=True), choosing._corrected(ranking, bounded=False)
    assert bounded is not None
    assert free is not None
    assert bounded.value <= bounded.naive == max(ranking.means)
    assert bounded.interval is not None
    assert free.interval is not None
    assert 0 <= bounded.interval.low <= bounded.interval.high <= 1
    assert bounded.interval.high == min(free.interval.high, 1.0)


def test_the_gain_is_over_the_baseline() -> None:
    """There is none over itself, nor over one that has no value, nor with too few questions."""
    sweep = measured(run("good", _GOOD), run("bad", _BAD), run("none", []))
    ranking = ranked(sweep)
    good, bad, none = sweep.runs
    gain = choosing._gain(ranking, bad, 0, higher_is_better=True)
    assert gain is not None
    assert gain.value == gain.naive == 1.0
    assert choosing._gain(ranking, good, 0, higher_is_better=True) is None
    assert choosing._gain(ranking, none, 0, higher_is_better=True) is None
    assert choosing._gain(None, bad, 0, higher_is_better=True) is None
    assert choosing._gain(dataclasses.replace(ranking, selection=None), bad, 0, higher_is_better=True) is None


def test_the_front_weighs_what_every_variant_has_a_number_of() -> None:
    """Quality the right way round; tokens only where there are no prices."""
    cheap = {"latency_p50": 1.0, "cost_usd": 0.01, "tokens": 50.0}
    dear = {"latency_p50": 2.0, "cost_usd": 0.02, "tokens": 10.0}
    sweep = measured(run("good", _GOOD, **dear), run("middle", _MIDDLE, **cheap), run("bad", _BAD, **dear))
    axes, places = choosing._front(sweep, ranked(sweep), 0.01)
    assert axes == ("quality", "latency", "cost")
    assert places == {0, 1}
    seconds = measured(*sweep.runs, higher_is_better=False)
    assert choosing._front(seconds, ranked(seconds), 0.01)[1] == {1, 2}
    assert choosing._front(sweep, None, 0.01) == ((), frozenset())


def test_what_one_variant_has_no_number_of_is_not_weighed() -> None:
    """Nobody is better than an unknown."""
    sweep = measured(run("good", _GOOD, latency_p50=9.0, tokens=5.0), run("bad", _BAD, tokens=1.0))
    assert choosing._front(sweep, ranked(sweep), 0.01)[0] == ("quality", "tokens")


def test_without_a_ranking_variants_stand_as_they_were_given() -> None:
    """Each with what is known of it, and without a quality."""
    looked = RefusalCounts(answerable=8, answerable_refused=1, unanswerable=2, unanswerable_refused=2)
    first = run("b", _BAD[:3], latency_p50=1.0)
    summary = samples.summary(refusals=looked, answered=9, planned=10, gates=(samples.gate("passed"),))
    first = dataclasses.replace(first, run=dataclasses.replace(first.run, summary=summary))
    rows = choosing._rows(measured(first, run("a", _GOOD[:3])), None, frozenset())
    assert [row.label for row in rows] == ["b", "a"]
    assert (rows[0].refused, rows[0].answered, rows[0].asked, rows[0].latency_p50) == (3, 9, 10, 1.0)
    assert rows[0].gates == summary.gates
    assert rows[1].refused is None, "nobody looked"
    assert all((row.rank, row.quality, row.p_best, row.share) == (None, None, None, None) for row in rows)
    assert not any(row.on_front for row in rows)
