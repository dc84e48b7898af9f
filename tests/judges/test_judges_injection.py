"""Attacks in three places, on a model that obeys them, in six dialects: no score moves without a word."""

import asyncio

import pytest
from support.attacks import ATTACKS
from support.judge_dialects import DIALECTS
from support.obedient import METRICS, PLACES, Attempt, ObedientServer, attempted

EVERY = [
    Attempt(attack, place, METRICS[(number + at) % len(METRICS)])
    for number, attack in enumerate(ATTACKS)
    for at, place in enumerate(PLACES)
]
"""Each attack in each place, by one metric each; `bench/injection.py` has all three."""


def test_there_are_forty() -> None:
    """As docs/scores.md says."""
    assert len(ATTACKS) == 40
    assert len(EVERY) == 120


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_score_moves_without_a_word(dialect: str) -> None:
    """A twelfth of the attempts for each dialect; where the model obeys, there is mostly no score at all."""
    share = EVERY[[*DIALECTS].index(dialect) :: 2 * len(DIALECTS)]
    with ObedientServer(dialect) as server:
        outcomes = asyncio.run(attempted({"kind": "openai", "model": "m", "base_url": server.url}, share))
    assert "moved" not in outcomes
    assert outcomes.count("no score") >= len(outcomes) / 3


def test_an_honest_model_keeps_its_scores() -> None:
    """It passes the control statements, and what it says of the rest is what it says without them."""
    with ObedientServer("groq", obeys=False) as server:
        outcomes = asyncio.run(attempted({"kind": "openai", "model": "m", "base_url": server.url}, EVERY[::4]))
    assert {*outcomes} <= {"unmoved", "flagged"}


def test_the_embedded_judge_takes_no_orders() -> None:
    """In a context or a question they change nothing; in an answer they are claims like any other."""
    outcomes = asyncio.run(attempted({"kind": "embedded"}, EVERY))
    assert {outcome for each, outcome in zip(EVERY, outcomes, strict=True) if each.place != "answer"} == {"unmoved"}
    assert "moved" not in outcomes
