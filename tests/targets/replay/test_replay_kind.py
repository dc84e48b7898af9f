"""Captured answers as a kind of target: who opens an index of them closes it."""

import asyncio
import sqlite3

import pytest

from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case, Failure
from rag_eval.targets import TargetContext
from rag_eval.targets.replay import kind
from rag_eval.targets.replay.captures import Capture
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.targets.replay.index import CaptureIndex

_CASE = Case(id="c1", user_input="When does the ferry land?")
_CAPTURE = Capture("When does the ferry land?", Answer(response="At noon."), ("c1",))


def config(**said: object) -> ReplayConfig:
    """What an experiment says of a replay."""
    return ReplayConfig.model_validate({"kind": "replay", **said})


def played(settings: ReplayConfig, context: TargetContext, case: Case = _CASE) -> Answer:
    """What the target answers."""

    async def ask() -> Answer:
        async with kind.connect(settings, context) as target:
            return await target.answer(case)

    return asyncio.run(ask())


def test_captures_are_played() -> None:
    """Whatever they are handed over in, if it can be gone through."""
    assert played(config(), TargetContext(captured=iter([_CAPTURE]))).response == "At noon."


def test_an_index_stays_its_owner_s() -> None:
    """It can be asked again when the target has gone."""
    with CaptureIndex(config().ways) as index:
        index.add([_CAPTURE])
        for _ in range(2):
            assert played(config(), TargetContext(captured=index)).response == "At noon."
        assert index.count() == 1


def test_an_index_of_one_s_own_goes_with_the_target() -> None:
    """Nothing of it is left open."""

    async def outlive() -> None:
        async with kind.connect(config(), TargetContext(captured=[_CAPTURE])) as target:
            pass
        await target.answer(_CASE)

    with pytest.raises(sqlite3.ProgrammingError):
        asyncio.run(outlive())


def test_without_captures_every_question_fails() -> None:
    """With its reason; nothing is made up."""
    with pytest.raises(TargetError, match="no captured answer matches") as raised:
        played(config(), TargetContext())
    assert raised.value.reason == "not_captured"


def test_a_capture_that_failed_fails_again() -> None:
    """As it did, and after as many tries."""
    failure = Failure(stage="target", reason="captured_error", message="it broke", attempts=3)
    with pytest.raises(TargetError, match="it broke") as raised:
        played(config(), TargetContext(captured=[Capture(_CASE.user_input, failure)]))
    assert (raised.value.reason, raised.value.attempts) == ("captured_error", 3)


@pytest.mark.parametrize(("thinking", "response"), [("keep", "<think>Hm.</think>At noon."), ("drop", "At noon.")])
def test_what_a_model_thought_is_kept_or_dropped_as_asked(thinking: str, response: str) -> None:
    """Also in what was captured."""
    capture = Capture(_CASE.user_input, Answer(response="<think>Hm.</think>At noon."))
    assert played(config(thinking=thinking), TargetContext(captured=[capture])).response == response


@pytest.mark.parametrize(("pick", "response"), [("latest", "new"), ("first", "old")])
def test_of_several_the_one_that_was_asked_for_is_played(pick: str, response: str) -> None:
    """And by default none: whoever compares must not guess."""
    captures = [
        Capture(_CASE.user_input, Answer(response=text, asked_at=float(at))) for at, text in enumerate(("old", "new"))
    ]
    assert played(config(pick=pick), TargetContext(captured=captures)).response == response
    with pytest.raises(TargetError) as raised:
        played(config(), TargetContext(captured=captures))
    assert raised.value.reason == "ambiguous_capture"


def test_nothing_is_wrong_with_a_replay_before_it_is_read() -> None:
    """A file that is not there yet is told of when it is read, not before."""
    kind.check(config(path="/nowhere/at/all"))
