"""Retrieval by ids: what a perfect ranking would have brought, and what came.

Hit, recall and precision at k, reciprocal rank and nDCG with binary relevance, as TREC evaluation defines them
(Järvelin & Kekäläinen 2002 for nDCG, whose gains are scikit-learn's `dcg_score`). An id that comes twice counts once,
at its first place.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, cast

from pydantic import JsonValue

from rag_eval.metrics.spec import MetricSpec
from rag_eval.ports import JudgeBackend
from rag_eval.records import Answer, Case, Evidence, NotApplicable, Score

Formula = Callable[[list[bool], int, int], float]
"""From relevance by rank, number of relevant ids and k to a value."""

_MRR_DEPTH = 10_000


@dataclass(frozen=True)
class RetrievalMetric:
    """A ranking measure behind the `Metric` port."""

    formula: Formula
    k: int

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one ranking."""
        wanted = set(case.reference_context_ids or ())
        ranking = list(dict.fromkeys(answer.retrieved_context_ids or ()))[: self.k]
        relevant = [context_id in wanted for context_id in ranking]
        details: dict[str, JsonValue] = {
            "found_at": [rank for rank, is_relevant in enumerate(relevant, start=1) if is_relevant],
            "missing": [*sorted(wanted - set(ranking))],
        }
        return Score(value=self.formula(relevant, len(wanted), self.k), evidence=Evidence(details=details))


def hit(relevant: list[bool], _: int, __: int) -> float:
    """1 if any relevant id is there."""
    return float(any(relevant))


def recall(relevant: list[bool], wanted: int, _: int) -> float:
    """Share of the relevant ids that are there."""
    return sum(relevant) / wanted


def precision(relevant: list[bool], _: int, k: int) -> float:
    """Share of the k places that hold a relevant id; a place that is empty holds none."""
    return sum(relevant) / k


def reciprocal_rank(relevant: list[bool], _: int, __: int) -> float:
    """1 over the first place that holds a relevant id, 0 if none does."""
    return next((1 / rank for rank, is_relevant in enumerate(relevant, start=1) if is_relevant), 0.0)


def ndcg(relevant: list[bool], wanted: int, k: int) -> float:
    """Discounted gain over that of a ranking with every relevant id first."""
    return _dcg(relevant) / _dcg([True] * min(wanted, k))


def _dcg(relevant: list[bool]) -> float:
    if not relevant:
        return 0.0
    # Falling scores keep the ranking as it came; the place behind it is there because scikit-learn wants two.
    padded = [*map(float, relevant), 0.0]
    return float(_dcg_score()([padded], [list(range(len(padded), 0, -1))]))


@functools.cache
def _dcg_score() -> Callable[..., float]:
    from sklearn.metrics import dcg_score

    return cast("Callable[..., float]", dcg_score)


def _spec(name: str, formula: Formula, k: int = _MRR_DEPTH) -> MetricSpec:
    return MetricSpec(
        name,
        version="1",
        needs=("answerable", "reference_context_ids", "retrieved_context_ids"),
        build=lambda _: RetrievalMetric(formula, k),
        unanswered="zero",
        subject="retrieval",
    )


def hit_at(name: str) -> MetricSpec:
    """`hit@k` for the number in its name."""
    return _spec(name, hit, _k(name))


def recall_at(name: str) -> MetricSpec:
    """`recall@k` for the number in its name."""
    return _spec(name, recall, _k(name))


def precision_at(name: str) -> MetricSpec:
    """`precision@k` for the number in its name."""
    return _spec(name, precision, _k(name))


def ndcg_at(name: str) -> MetricSpec:
    """`ndcg@k` for the number in its name."""

    def build(_: JudgeBackend) -> RetrievalMetric:
        _dcg_score()  # imported now: it takes seconds, and would be measured as the latency of the first answers
        return RetrievalMetric(ndcg, _k(name))

    return replace(_spec(name, ndcg), build=build)


MRR: Final = _spec("mrr", reciprocal_rank)
"""Reciprocal rank of the first relevant id."""


def _k(name: str) -> int:
    return int(name.rpartition("@")[2])
