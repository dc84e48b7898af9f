"""The values that are worked out here, each by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from rag_eval.metrics.ragas import values
from rag_eval.metrics.ragas.recipe import JudgeExchange


class NLIStatementOutput(SimpleNamespace):
    """A reply with verdicts on statements."""


def _verdicts(*marks: int, supports: tuple[float, ...] = ()) -> JudgeExchange:
    graded: list[dict[str, Any]] = [{"support": support} for support in supports] or [{} for _ in marks]
    statements = [SimpleNamespace(verdict=mark, **grade) for mark, grade in zip(marks, graded, strict=True)]
    return JudgeExchange("p", NLIStatementOutput(statements=statements))


def test_faithfulness_is_the_mean_support() -> None:
    """A judge that says only yes or no gives the share of yes; the last reply counts, the statements come before it."""
    other = JudgeExchange("p", SimpleNamespace(statements=["a", "b"]))
    assert values.mean_support(0.0, [other, _verdicts(1, 0, 1, 1)]) == 0.75
    assert values.mean_support(0.0, [_verdicts(1, 0, supports=(0.9, 0.4))]) == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("response", "reference", "f1"),
    [((1, 1), (1, 1), 1.0), ((1, 0), (1, 1), 2 / 3), ((0, 0), (0,), 0.0), ((0,), (1,), 0.0)],
)
def test_factual_correctness_is_the_harmonic_mean(
    response: tuple[int, ...], reference: tuple[int, ...], f1: float
) -> None:
    """Of what of the response is supported, and what of the reference is covered; none of both is 0."""
    exchanges = [_verdicts(*response), JudgeExchange("p", SimpleNamespace(claims=["x"])), _verdicts(*reference)]
    assert values.factual_f1(0.0, exchanges) == pytest.approx(f1)
    shares = values.factual_details(0.0, exchanges)
    assert shares["precision"] == sum(response) / len(response)
    assert shares["recall"] == sum(reference) / len(reference)


@pytest.mark.parametrize(
    ("useful", "value"), [((1, 1, 1), 1.0), ((0, 1, 0), 0.5), ((1, 0, 1), (1 + 2 / 3) / 2), ((0, 0), 0.0), ((), 0.0)]
)
def test_context_precision_is_average_precision(useful: tuple[int, ...], value: float) -> None:
    """Exactly, without a small number in the denominator."""
    exchanges = [JudgeExchange("p", SimpleNamespace(verdict=mark)) for mark in useful]
    assert values.average_precision(0.0, exchanges) == value
