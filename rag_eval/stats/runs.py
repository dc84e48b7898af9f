"""Two runs against each other: every metric that both have, refusals, and one verdict."""

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from statistics import fmean

import numpy as np

from rag_eval.ports import Scores
from rag_eval.records import (
    REFUSED,
    Comparison,
    MetricTraits,
    Origin,
    RefusalChange,
    RefusalComparison,
    SliceComparison,
)
from rag_eval.stats.families import alone, among_others, concluded
from rag_eval.stats.paired import Side, compare_metric
from rag_eval.stats.repeats import mean_per_question

FEWEST_KNOWN = 8
"""Documents or conversations from which on questions are grouped by them."""
_HALF = 0.5


def traits_of(journal: Scores) -> list[MetricTraits]:
    """What a run remembers of its metrics, in the order in which reports show them."""
    traits = [MetricTraits.model_validate(trait) for trait in json.loads(journal.meta["metrics"])]
    known = {trait.name for trait in traits}
    versions = Origin.model_validate_json(journal.meta["origin"]).metrics
    # Runs of older releases do not list what is derived.
    return [*traits, *(MetricTraits(name=name) for name in versions if name not in known)]


def compare_runs(
    a: tuple[str, Scores],
    b: tuple[str, Scores],
    differences: Sequence[str],
    seed: int,
    smallest: Mapping[str, float],
    clusters: Mapping[str, Hashable] | None = None,
) -> Comparison:
    """Compare two runs, each given with its id, on every metric that both have.

    `differences` is carried along; `smallest` is the smallest difference that matters, for metrics that have one of
    their own; `clusters` has for each question what it belongs to, such as its document, in place of what the runs say.
    """
    (id_a, journal_a), (id_b, journal_b) = a, b
    belongs = clusters if clusters is not None else clusters_of(journal_a, journal_b)
    ids_a, ids_b = (set(_questions(journal)) for journal in (journal_a, journal_b))
    origins = [Origin.model_validate_json(journal.meta["origin"]) for journal in (journal_a, journal_b)]
    compared = tuple(
        compare_metric(
            _with_smallest(traits, smallest),
            side_a,
            side_b,
            journal_a.question,
            np.random.default_rng(seed),
            belongs,
        )
        for traits, side_a, side_b in sides(journal_a, journal_b)
    )
    primary = _primary(journal_b, [metric.name for metric in compared])
    compared = among_others(compared, primary)
    whole = Comparison(
        a=id_a,
        b=id_b,
        name_a=journal_a.meta["name"],
        name_b=journal_b.meta["name"],
        metrics=compared,
        primary=primary,
        refusals=_refusals(journal_a, journal_b),
        differences=tuple(differences),
        only_in_a=len(ids_a - ids_b),
        only_in_b=len(ids_b - ids_a),
        embedded_judge=any(origin.judge.get("kind") == "embedded" for origin in origins),
    )
    return whole.model_copy(update=concluded(compared, primary))


def sides(a: Scores, b: Scores) -> Iterator[tuple[MetricTraits, Side, Side]]:
    """What two runs have of each metric that both have and show, over the questions that both were asked."""
    both = frozenset(shared(a, b))
    theirs = Origin.model_validate_json(b.meta["origin"]).metrics
    for traits in traits_of(a):
        if traits.name in theirs and not traits.hidden:
            yield traits, side(a, traits).among(both), side(b, traits).among(both)


def shared(a: Scores, b: Scores) -> list[str]:
    """The ids of the questions that two runs were both asked, in the order of A."""
    theirs = {*_questions(b)}
    return [key for key in _questions(a) if key in theirs]


def compare_slices(
    a: Scores, b: Scores, metric: str, seed: int, smallest: Mapping[str, float]
) -> tuple[SliceComparison, ...]:
    """One metric, apart for each tag that the questions have, each adjusted for all tags; the worst first."""
    traits = next((trait for trait in traits_of(a) if trait.name == metric), None)
    if traits is None:
        return ()
    side_a, side_b, belongs = side(a, traits), side(b, traits), clusters_of(a, b)
    tagged = _tagged(a)
    compared = [
        compare_metric(
            _with_smallest(traits, smallest),
            side_a.among(questions),
            side_b.among(questions),
            a.question,
            np.random.default_rng(seed),
            belongs,
        ).model_copy(update={"moved": ()})
        for questions in tagged.values()
    ]
    slices = [SliceComparison(tag=tag, metric=each) for tag, each in zip(tagged, alone(compared, "tags"), strict=True)]
    sign = 1 if traits.higher_is_better else -1
    return tuple(sorted(slices, key=lambda part: (part.metric.difference or 0.0) * sign))


def _tagged(scores: Scores) -> dict[str, frozenset[str]]:
    """Tag to the questions that have it."""
    repeats = scores.repeats()
    tagged: dict[str, set[str]] = {}
    for case, tags in scores.tags().items():
        for tag in tags:
            tagged.setdefault(tag, set()).add(repeats.get(case, case))
    return {tag: frozenset(questions) for tag, questions in sorted(tagged.items())}


def clusters_of(*runs: Scores) -> dict[str, str] | None:
    """Question to what it belongs to with others; a repetition is no other question.

    None where nothing is known, or where so few are known that the questions are about just these documents or
    conversations, of which they are a sample by themselves.
    """
    known: dict[str, str] = {}
    for run in runs:
        repeats = run.repeats()
        known |= {repeats.get(case, case): cluster for case, cluster in run.clusters().items()}
    return known if len({*known.values()}) >= FEWEST_KNOWN else None


def _primary(journal: Scores, compared: Sequence[str]) -> str:
    named = journal.meta.get("primary", "")
    return named if named in compared else next(iter(compared), "")


def _with_smallest(traits: MetricTraits, smallest: Mapping[str, float]) -> MetricTraits:
    if traits.name not in smallest:
        return traits
    return traits.model_copy(update={"smallest": smallest[traits.name], "smallest_share": 0.0})


def side(journal: Scores, traits: MetricTraits) -> Side:
    """What a run has of a metric, question by question, each with the mean of its repetitions."""
    repeats = journal.repeats()
    failed = journal.failed(traits.name)
    unanswered = [case for case, stage in failed.items() if stage == "target"]
    zeros = dict.fromkeys(unanswered if traits.unanswered == "zero" else (), 0.0)
    values = mean_per_question({**journal.values(traits.name), **zeros}, repeats)
    order = {key: values[key] for key in _questions(journal) if key in values}

    def without_value(cases: Sequence[str]) -> frozenset[str]:
        return frozenset(key for case in cases if (key := repeats.get(case, case)) not in values)

    return Side(
        values=order,
        unanswered=frozenset(repeats.get(case, case) for case in zeros),
        unjudged=without_value([case for case, stage in failed.items() if stage != "target"]),
        refused=without_value(journal.without(traits.name, REFUSED)),
    )


def _questions(journal: Scores) -> list[str]:
    """The ids of the questions that were asked, in the order of the dataset, each once."""
    repeats = journal.repeats()
    return list(dict.fromkeys(repeats.get(case, case) for case in journal.answerable()))


def _refusals(a: Scores, b: Scores) -> RefusalComparison | None:
    """What became of refusals, over the questions that got an answer of some kind in both runs."""
    found_a, found_b = (_refused(journal) for journal in (a, b))
    both = [key for key in found_a if key in found_b]
    if not both:
        return None
    answerable = a.answerable()
    groups: dict[bool, list[tuple[bool, bool]]] = {True: [], False: []}
    for key in both:
        groups[answerable.get(key, True)].append((found_a[key], found_b[key]))
    return RefusalComparison(answerable=_change(groups[True]), unanswerable=_change(groups[False]))


def _refused(journal: Scores) -> dict[str, bool]:
    """Question to whether it was refused, mostly where it was repeated."""
    repeats, values = journal.repeats(), journal.values(REFUSED)
    grouped: dict[str, list[float]] = {}
    for case, value in values.items():
        grouped.setdefault(repeats.get(case, case), []).append(value)
    return {key: fmean(group) >= _HALF for key, group in grouped.items()}


def _change(pairs: Sequence[tuple[bool, bool]]) -> RefusalChange:
    return RefusalChange(
        both_answered=pairs.count((False, False)),
        only_a_refused=pairs.count((True, False)),
        only_b_refused=pairs.count((False, True)),
        both_refused=pairs.count((True, True)),
    )
