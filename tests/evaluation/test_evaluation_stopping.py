"""Asking in a random order, until it is decided."""

from collections.abc import Sequence
from typing import Any

import pytest
from support import samples

from rag_eval import gates
from rag_eval.errors import UsageError
from rag_eval.evaluation import stopping
from rag_eval.evaluation.engine import CaseEvent
from rag_eval.records import Case, MetricTraits

CASES = [Case(id=f"c{n}", user_input=f"Question {n}?") for n in range(40)]
TRAITS = [MetricTraits(name="recall@5")]


def rule(*expressions: str, **experiment: Any) -> stopping.StoppingRule:
    """The rule of an experiment with these gates."""
    return stopping.rule(samples.experiment(**experiment), [gates.parse(text) for text in expressions], TRAITS)


def ask(sampling: stopping.Sampling) -> list[str]:
    """Ask one question after the other, each scored at once."""
    asked = []
    for case in sampling.asked(0):
        asked.append(case.id)
        sampling.watch(CaseEvent("answered", case, failed=False))
        sampling.watch(CaseEvent("scored", case, failed=False))
    return asked


def test_asking_ends_where_a_look_decides() -> None:
    """The questions that were asked are the first of the order; none is asked after that."""
    looks: list[int] = []

    def look(order: Sequence[str]) -> bool:
        looks.append(len(order))
        return len(order) >= 12

    sampling = stopping.Sampling(rule("recall@5.drop_vs(main) <= 0.1"), CASES, look)
    asked = ask(sampling)
    assert sampling.after == looks[-1] == len(asked) == 12
    assert looks[0] == 10, "fewer are not looked at"


def test_all_are_asked_where_nothing_is_decided() -> None:
    """In a random order that the seed decides."""
    first = ask(stopping.Sampling(rule("recall@5.drop_vs(main) <= 0.1"), CASES, lambda _: False))
    again = ask(stopping.Sampling(rule("recall@5.drop_vs(main) <= 0.1"), CASES, lambda _: False))
    other = ask(stopping.Sampling(rule("recall@5.drop_vs(main) <= 0.1", seed=1), CASES, lambda _: False))
    assert first == again
    assert sorted(first) == sorted(other) == sorted(case.id for case in CASES)
    assert first != other
    assert first != [case.id for case in CASES]


def test_gates_that_cannot_be_decided_on_the_way_are_refused() -> None:
    """And so is what cannot be asked in a random order."""
    with pytest.raises(UsageError, match="none of the gates can be decided on the way"):
        rule("recall@5.mean >= 0.5")
    with pytest.raises(UsageError, match="single questions in a random order"):
        rule(
            "recall@5.drop_vs(main) <= 0.1",
            target={"kind": "http", "url": "http://127.0.0.1:9/", "repeats": 2},
        )
