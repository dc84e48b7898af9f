"""Whether B is better than A: differences question by question, over the questions that both runs scored."""

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rag_eval.journal import Journal
from rag_eval.records import Comparison, MetricComparison, Movement, Origin
from rag_eval.stats.intervals import mean_interval
from rag_eval.stats.repeats import collapsed

TIE = 1e-9
"""Differences no larger than this are ties: what two sums in another order leave."""

MOVED = 10
"""Questions that are listed as having moved most."""


def compare_runs(a: tuple[str, Journal], b: tuple[str, Journal], differences: Sequence[str], seed: int) -> Comparison:
    """Compare two runs, each given with its id, on every metric that both have; `differences` is carried along."""
    (id_a, journal_a), (id_b, journal_b) = a, b
    traits = _traits(journal_a)
    repeats_a, repeats_b = journal_a.repeats(), journal_b.repeats()
    ids_a, ids_b = journal_a.ids() - repeats_a.keys(), journal_b.ids() - repeats_b.keys()
    origins = [Origin.model_validate_json(journal.meta["origin"]) for journal in (journal_a, journal_b)]
    compared = (
        compare_metric(
            name,
            collapsed(journal_a.values(name), repeats_a),
            collapsed(journal_b.values(name), repeats_b),
            journal_a.question,
            np.random.default_rng(seed),
            higher_is_better=better,
        )
        for name, better in traits.items()
        if name in origins[1].metrics
    )
    return Comparison(
        a=id_a,
        b=id_b,
        name_a=journal_a.meta["name"],
        name_b=journal_b.meta["name"],
        metrics=tuple(compared),
        differences=tuple(differences),
        only_in_a=len(ids_a - ids_b),
        only_in_b=len(ids_b - ids_a),
        embedded_judge=any(origin.judge.get("kind") == "embedded" for origin in origins),
    )


def _traits(journal: Journal) -> dict[str, bool]:
    """Metric to whether higher is better; what is derived from others is, and stands last."""
    traits = {trait["name"]: bool(trait["higher_is_better"]) for trait in json.loads(journal.meta["metrics"])}
    derived = Origin.model_validate_json(journal.meta["origin"]).metrics
    return {**traits, **{name: True for name in derived if name not in traits}}


def compare_metric(
    name: str,
    a: Mapping[str, float],
    b: Mapping[str, float],
    question: Callable[[str], str],
    rng: np.random.Generator,
    *,
    higher_is_better: bool = True,
) -> MetricComparison:
    """Paired comparison of one metric; `a` and `b` are case id to value, `question` tells a case's text."""
    both = [key for key in a if key in b]
    raw = np.array([b[key] - a[key] for key in both], dtype=float)
    differences = np.where(abs(raw) <= TIE, 0.0, raw)  # else the same rounding in every pair would be a certain gain
    sign = 1 if higher_is_better else -1
    return MetricComparison(
        name=name,
        pairs=len(both),
        only_a=len(a) - len(both),
        only_b=len(b) - len(both),
        mean_a=float(np.mean([a[key] for key in both])) if both else None,
        mean_b=float(np.mean([b[key] for key in both])) if both else None,
        difference=float(differences.mean()) if both else None,
        interval=mean_interval(differences.tolist(), rng),
        win=int((sign * differences > TIE).sum()),
        tie=int((differences == 0).sum()),
        loss=int((sign * differences < -TIE).sum()),
        moved=_moved(both, differences, a, b, question),
        higher_is_better=higher_is_better,
    )


def _moved(
    both: list[str],
    differences: np.ndarray,
    a: Mapping[str, float],
    b: Mapping[str, float],
    question: Callable[[str], str],
) -> tuple[Movement, ...]:
    order = np.argsort(-abs(differences), kind="stable")[:MOVED]
    return tuple(
        Movement(case_id=both[i], user_input=question(both[i]), a=a[both[i]], b=b[both[i]])
        for i in order.tolist()
        if abs(differences[i]) > TIE
    )
