"""Captured answers find the case they belong to."""

import asyncio
from collections.abc import Iterable
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval import config, targets
from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case
from rag_eval.targets.replay import ReplayTarget

Match = Literal["auto", "id", "question"]


def case(case_id: str, question: str) -> Case:
    """A case that is only an id and a question."""
    return Case(id=case_id, user_input=question)


CAPTURED = [
    (case("1", "When?"), Answer(response="At nine.", latency_s=0.25, retrieved_contexts=())),
    (case("2", "Where?"), Answer(response="At pier 4.", retrieved_context_ids=("p4",))),
]


def play(match: Match, asked: Case, captured: Iterable[tuple[Case, Answer]] = tuple(CAPTURED)) -> Answer:
    """The captured answer of a case."""
    with ReplayTarget(match, captured) as target:
        return asyncio.run(target.answer(asked))


def reason(match: Match, asked: Case, captured: Iterable[tuple[Case, Answer]] = tuple(CAPTURED)) -> str:
    """Why a case has no captured answer."""
    with pytest.raises(TargetError) as caught:
        play(match, asked, captured)
    return caught.value.reason


def test_by_id() -> None:
    """The id decides, whatever the question; every field of the answer comes back as it was."""
    assert play("id", case("1", "Asked in other words?")) == CAPTURED[0][1]
    assert reason("id", case("3", "When?")) == "not_captured"


def test_by_question() -> None:
    """The question decides, whatever the id; white space around it does not count."""
    assert play("question", case("other", "  Where?\n")) == CAPTURED[1][1]
    assert reason("question", case("1", "Why?")) == "not_captured"


def test_auto_takes_the_id_before_the_question() -> None:
    """A case is found by its id first, and by its question where no id fits."""
    assert play("auto", case("1", "Where?")).response == "At nine."
    assert play("auto", case("other", "Where?")).response == "At pier 4."
    assert reason("auto", case("other", "Why?")) == "not_captured"


@pytest.mark.parametrize("match", ["auto", "question"])
def test_two_answers_to_one_question(match: Match) -> None:
    """Nobody knows which one is meant, so it is a failure and not a guess."""
    twice = [*CAPTURED, (case("3", "When? "), Answer(response="At ten."))]
    assert reason(match, case("other", "When?"), twice) == "ambiguous_capture"


def test_an_id_settles_an_ambiguous_question() -> None:
    """Where ids fit, the same question may be asked several times."""
    twice = [*CAPTURED, (case("3", "When?"), Answer(response="At ten."))]
    assert play("auto", case("3", "When?"), twice).response == "At ten."


def test_two_answers_with_one_id() -> None:
    """An id that stands twice in a capture is ambiguous, even if the question would tell."""
    twice = [*CAPTURED, (case("1", "Who?"), Answer(response="Ada."))]
    assert reason("auto", case("1", "Who?"), twice) == "ambiguous_capture"


def test_a_capture_is_read_as_it_comes() -> None:
    """Thousands of answers are taken from an iterator and each is found again."""
    target = ReplayTarget("id", ((case(str(i), "q"), Answer(response=f"r{i}")) for i in range(5000)))
    with target:
        assert asyncio.run(target.answer(case("4321", "?"))).response == "r4321"


def test_connect_makes_a_replay() -> None:
    """A replay in an experiment file plays what was read for it."""

    async def scenario() -> Answer:
        said = config.Replay(kind="replay", match="id")
        targets.check(said)
        async with targets.connect(said, CAPTURED, seed=0) as target:
            return await target.answer(case("2", "?"))

    assert asyncio.run(scenario()) == CAPTURED[1][1]


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text(st.characters(codec="utf-8"), min_size=1), max_size=8))
def test_every_captured_answer_is_found_by_its_id(texts: dict[str, str]) -> None:
    """Ids are compared as they are: no folding, no trimming, no quoting."""
    texts = {key.encode("utf-8", "replace").decode(): value for key, value in texts.items()}
    captured = [(case(key, "q"), Answer(response=value)) for key, value in texts.items()]
    with ReplayTarget("id", captured) as target:
        for key, value in texts.items():
            assert asyncio.run(target.answer(case(key, "q"))).response == value
