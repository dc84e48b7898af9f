"""Ranking measures against their definitions, worked out in another way."""

import asyncio
import math
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.scripted import Scripted, asking

from rag_eval.metrics import find_spec, why_not
from rag_eval.metrics.spec import connect_spec
from rag_eval.records import Answer, Case, Score

IDS = st.sampled_from("abcdefghij")
RANKINGS = st.lists(IDS, max_size=12)
WANTED = st.lists(IDS, min_size=1, max_size=6)
K = st.integers(1, 12)


BACKEND = asking(Scripted({}))
connect_spec(find_spec("ndcg@1"), BACKEND)  # imports scikit-learn, which takes longer than an example may


def scored(name: str, wanted: list[str], ranking: list[str]) -> Score:
    """A score with its evidence."""
    case = Case(id="c", user_input="Q?", reference_context_ids=tuple(wanted))
    answer = Answer(response="r", retrieved_context_ids=tuple(ranking))
    spec = find_spec(name)
    assert why_not(spec, case, answer) is None
    return cast("Score", asyncio.run(connect_spec(spec, BACKEND).score(case, answer)))


def value(name: str, wanted: list[str], ranking: list[str]) -> float:
    """A score's number."""
    return scored(name, wanted, ranking).value


def once(ranking: list[str]) -> list[str]:
    """Every id at its first place."""
    return sorted(set(ranking), key=ranking.index)


@settings(deadline=None)
@given(WANTED, RANKINGS, K)
def test_hit_recall_and_precision(wanted: list[str], ranking: list[str], k: int) -> None:
    """They count the relevant ids among the first k."""
    found = len(set(wanted) & set(once(ranking)[:k]))
    assert value(f"hit@{k}", wanted, ranking) == (1.0 if found else 0.0)
    assert value(f"recall@{k}", wanted, ranking) == pytest.approx(found / len(set(wanted)))
    assert value(f"precision@{k}", wanted, ranking) == pytest.approx(found / k)


@settings(deadline=None)
@given(WANTED, RANKINGS)
def test_reciprocal_rank(wanted: list[str], ranking: list[str]) -> None:
    """It is 1 over the rank of the first relevant id."""
    ranks = [1 / (once(ranking).index(one) + 1) for one in wanted if one in ranking]
    assert value("mrr", wanted, ranking) == pytest.approx(max(ranks, default=0.0))


@settings(deadline=None)
@given(WANTED, RANKINGS, K)
def test_ndcg_by_its_definition(wanted: list[str], ranking: list[str], k: int) -> None:
    """Gains of 1 are discounted by the binary logarithm of rank + 1 and divided by the best possible sum."""
    gains = [1 / math.log2(rank + 2) for rank, one in enumerate(once(ranking)[:k]) if one in wanted]
    best = [1 / math.log2(rank + 2) for rank in range(min(k, len(set(wanted))))]
    assert value(f"ndcg@{k}", wanted, ranking) == pytest.approx(sum(gains) / sum(best))


@settings(deadline=None)
@given(WANTED, st.permutations("abcdefghij"), K)
def test_ndcg_by_scikit_learn(wanted: list[str], ranking: list[str], k: int) -> None:
    """Over a ranking of everything there is, it is scikit-learn's `ndcg_score`."""
    from sklearn.metrics import ndcg_score

    truth = [[float(one in wanted) for one in ranking]]
    expected = ndcg_score(truth, [np.arange(len(ranking), 0, -1)], k=k)
    assert value(f"ndcg@{k}", wanted, ranking) == pytest.approx(expected)


@settings(deadline=None)
@given(st.sampled_from(["hit", "recall", "precision", "ndcg"]), WANTED, RANKINGS, K)
def test_values_lie_between_0_and_1(family: str, wanted: list[str], ranking: list[str], k: int) -> None:
    """However often ids are repeated on either side."""
    found = value(f"{family}@{k}", wanted, ranking)
    assert 0 <= found <= 1 + 1e-12
    assert found == value(f"{family}@{k}", once(wanted), once(ranking))


@pytest.mark.parametrize("name", ["hit@3", "recall@3", "precision@3", "ndcg@3", "mrr"])
def test_an_empty_ranking_scores_0(name: str) -> None:
    """Nothing was retrieved although something should have been: that is a result, and the worst one."""
    assert value(name, ["a"], []) == 0.0


@pytest.mark.parametrize("name", ["hit@3", "recall@3", "ndcg@3", "mrr"])
def test_a_perfect_ranking_scores_1(name: str) -> None:
    """Every relevant id first, and nothing is lost for those behind."""
    assert value(name, ["a", "b"], ["b", "a", "x", "y"]) == 1.0


def test_an_id_that_comes_twice_counts_once() -> None:
    """Chunks of one page do not push others behind k, and do not count as further hits."""
    assert value("recall@2", ["a", "b"], ["a", "a", "a", "b"]) == 1.0
    assert value("precision@4", ["a"], ["a", "a", "a", "a"]) == 0.25


def test_the_evidence_says_where() -> None:
    """A person sees the ranks that held something and the ids that are missing."""
    assert scored("recall@3", ["a", "b", "z"], ["x", "a", "b", "z"]).evidence.details == {
        "found_at": [2, 3],
        "missing": ["z"],
    }


@pytest.mark.parametrize("name", ["ndcg@10", "mrr", "hit@1"])
def test_questions_without_an_answer_are_left_out(name: str) -> None:
    """Where the corpus holds no answer, no ranking is right or wrong."""
    case = Case(id="c", user_input="Q?", reference_context_ids=("a",), answerable=False)
    answer = Answer(retrieved_context_ids=("a",))
    assert why_not(find_spec(name), case, answer) == "the question has no answer in the corpus"
