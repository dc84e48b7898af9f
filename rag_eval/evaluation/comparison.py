"""Two runs against each other: every metric that both have, refusals, and one verdict."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import fmean

import numpy as np

from rag_eval import configfile, stats
from rag_eval.errors import MismatchError
from rag_eval.evaluation import beside
from rag_eval.evaluation.beside import ScoreFolder
from rag_eval.gates import sequential
from rag_eval.ports import Scores
from rag_eval.records import (
    REFUSED,
    MetricTraits,
    RefusalChange,
    RefusalComparison,
    RunComparison,
    SequentialDesign,
    SliceComparison,
)
from rag_eval.reports import judged, verdict
from rag_eval.run_scores import clusters_of, questions_of, side, sides
from rag_eval.stats.families import alone, among_others, concluded
from rag_eval.stats.paired import compare_metric

_HALF = 0.5


def compare_folders(
    a: ScoreFolder, b: ScoreFolder, *, force: bool = False, partial: bool = False, seed: int = 0
) -> RunComparison:
    """Whether B is better than A; each is a run or a baseline that was kept of one.

    Raises `MismatchError` for unlike origins unless forced, and for a run that is not finished unless `partial`.
    """
    with a.open_() as journal_a, b.open_() as journal_b:
        if not partial:
            _demand_finished((a, journal_a), (b, journal_b))
        origins = [beside.origin_of(journal) for journal in (journal_a, journal_b)]
        differences = stats.origin_differences(*origins)
        if differences and not force:
            limits = _limits((a, journal_a), (b, journal_b)) if origins[0].dataset != origins[1].dataset else ""
            raise MismatchError(
                f"{a.id} and {b.id} cannot be compared: {'; '.join(differences)}.{limits} "
                "With --force they are, over the questions they share, and the report says so."
            )
        smallest = configfile.load(b.experiment).smallest
        design = _stopped(journal_b) or _stopped(journal_a)
        scores = _that_count(journal_a, journal_b)
        compared = compare_runs((a.id, scores[0]), (b.id, scores[1]), differences, seed, smallest)
        if design is not None:
            compared = sequential.concluded(compared, scores, design)
            return compared.model_copy(update={"sentences": verdict.sentences(compared)})
        slices = compare_slices(journal_a, journal_b, compared.primary, seed, smallest)
        return compared.model_copy(update={"sentences": verdict.sentences(compared), "slices": slices})


def compare_all(
    a: ScoreFolder, others: Sequence[ScoreFolder], *, force: bool = False, partial: bool = False, seed: int = 0
) -> tuple[RunComparison, ...]:
    """Each of several runs against the first; what is concluded is adjusted for all. Raises as `compare_folders`."""
    comparisons = [compare_folders(a, b, force=force, partial=partial, seed=seed) for b in others]
    if len(comparisons) == 1:
        return tuple(comparisons)
    adjusted = stats.across(comparisons)
    return tuple(comparison.model_copy(update={"sentences": verdict.sentences(comparison)}) for comparison in adjusted)


@contextmanager
def paired_scores(a: ScoreFolder, b: ScoreFolder) -> Iterator[tuple[Scores, Scores]]:
    """The scores that a comparison of two runs is made from."""
    with a.open_() as journal_a, b.open_() as journal_b:
        yield _that_count(journal_a, journal_b)


def _that_count(a: Scores, b: Scores) -> tuple[Scores, Scores]:
    """The scores of two runs; where one was stopped when decided, of the questions that decided."""
    design = _stopped(b) or _stopped(a)
    if design is None:
        return a, b
    keys = sequential.first(b if _stopped(b) else a, design)
    return sequential.FirstScores(a, keys), sequential.FirstScores(b, keys)


def _limits(*both: tuple[ScoreFolder, Scores]) -> str:
    """What runs were asked less than their datasets, which may be all that differs."""
    limits = {kept.id: beside.limit_of_scores(scores) for kept, scores in both}
    return "".join(f" {run} asked only the first questions ({limit})." for run, limit in limits.items() if limit)


def _stopped(scores: Scores) -> SequentialDesign | None:
    """How a run was looked at that ended because its gates were decided; None for every other."""
    design = scores.meta.sequential
    if design is None or design.after is None:
        return None
    whole = scores.scored(scores.meta.names) >= scores.meta.total
    return None if whole else design


def _demand_finished(*both: tuple[ScoreFolder, Scores]) -> None:
    """Raise `MismatchError` for a run that stopped: the questions it has may be the easy ones."""
    for folder, journal in both:
        scored = journal.scored(journal.meta.names)
        planned = journal.meta.total
        if scored < planned and _stopped(journal) is None:
            raise MismatchError(
                f"{folder.id} is unfinished: {scored} of {planned} cases are scored. "
                f"Do: rag-eval run --resume {folder.path}, or compare what there is with --partial"
            )


def compare_runs(
    a: tuple[str, Scores],
    b: tuple[str, Scores],
    differences: Sequence[str],
    seed: int,
    smallest: Mapping[str, float],
    clusters: Mapping[str, Hashable] | None = None,
) -> RunComparison:
    """Compare two runs, each given with its id, on every metric that both have.

    `differences` is carried along; `smallest` is the smallest difference that matters, for metrics that have one of
    their own; `clusters` has for each question what it belongs to, such as its document, in place of what the runs say.
    """
    (id_a, journal_a), (id_b, journal_b) = a, b
    belongs = clusters if clusters is not None else clusters_of(journal_a, journal_b)
    ids_a, ids_b = (set(questions_of(journal)) for journal in (journal_a, journal_b))
    origins = [journal.meta.origin for journal in (journal_a, journal_b)]
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
    whole = RunComparison(
        a=id_a,
        b=id_b,
        name_a=journal_a.meta.name,
        name_b=journal_b.meta.name,
        metrics=compared,
        primary=primary,
        refusals=_refusals(journal_a, journal_b),
        differences=tuple(differences),
        judged=judged.differences(journal_a.meta.judged, journal_b.meta.judged),
        only_in_a=len(ids_a - ids_b),
        only_in_b=len(ids_b - ids_a),
        embedded_judge=any(origin.judge.get("kind") == "embedded" for origin in origins),
    )
    return whole.model_copy(update=concluded(compared, primary))


def compare_slices(
    a: Scores, b: Scores, metric: str, seed: int, smallest: Mapping[str, float]
) -> tuple[SliceComparison, ...]:
    """One metric, apart for each tag that the questions have, each adjusted for all tags; the worst first."""
    traits = next((trait for trait in a.meta.traits if trait.name == metric), None)
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


def _primary(journal: Scores, compared: Sequence[str]) -> str:
    named = journal.meta.primary
    return named if named in compared else next(iter(compared), "")


def _with_smallest(traits: MetricTraits, smallest: Mapping[str, float]) -> MetricTraits:
    if traits.name not in smallest:
        return traits
    return traits.model_copy(update={"smallest": smallest[traits.name], "smallest_share": 0.0})


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
