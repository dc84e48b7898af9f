"""Captured answers find the case they belong to."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval import targets
from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case, Failure
from rag_eval.targets import Capture, CaptureIndex
from rag_eval.targets.context import TargetContext
from rag_eval.targets.replay.config import ReplayConfig, Way
from rag_eval.targets.replay.index import Pick
from rag_eval.targets.replay.target import ReplayTarget

AUTO: tuple[Way, ...] = ("trace", "id", "question")


def case(case_id: str, question: str) -> Case:
    """A case that is only an id and a question."""
    return Case(id=case_id, user_input=question)


def capture(case_id: str, question: str, answer: Answer | Failure, place: str = "") -> Capture:
    """A captured answer as a row has it."""
    return Capture(question, answer, (case_id,), place=place)


AT_NINE = Answer(response="At nine.", latency_s=0.25, retrieved_contexts=())
PIER_4 = Answer(response="At pier 4.", retrieved_context_ids=("p4",))
CAPTURED = (capture("1", "When?", AT_NINE), capture("2", "Where?", PIER_4))


def play(ways: tuple[Way, ...], asked: Case, captured: Iterable[Capture] = CAPTURED, pick: Pick = "fail") -> Answer:
    """The captured answer of a case."""
    with CaptureIndex(ways, pick) as index:
        index.add(captured)
        return asyncio.run(ReplayTarget(index).answer(asked))


def error(ways: tuple[Way, ...], asked: Case, captured: Iterable[Capture] = CAPTURED) -> TargetError:
    """Why a case has no captured answer."""
    with pytest.raises(TargetError) as caught:
        play(ways, asked, captured)
    return caught.value


def test_by_id() -> None:
    """The id decides, whatever the question; every field of the answer comes back as it was."""
    assert play(("id",), case("1", "Asked in other words?")) == AT_NINE
    assert error(("id",), case("3", "When?")).reason == "not_captured"


def test_by_question() -> None:
    """The question decides, whatever the id; how much white space stands in and around it does not count."""
    assert play(("question",), case("other", "  Where?\n")) == PIER_4
    assert play(("question",), case("other", "Where\t is  it?"), [capture("9", "Where is\nit?", PIER_4)]) == PIER_4
    assert error(("question",), case("1", "Why?")).reason == "not_captured"


def test_auto_takes_the_id_before_the_question() -> None:
    """A case is found by its id first, and by its question where no id fits."""
    assert play(AUTO, case("1", "Where?")).response == "At nine."
    assert play(AUTO, case("other", "Where?")).response == "At pier 4."
    assert error(AUTO, case("other", "Why?")).reason == "not_captured"


@pytest.mark.parametrize("ways", [AUTO, ("question",)])
def test_two_answers_to_one_question(ways: tuple[Way, ...]) -> None:
    """Nobody knows which one is meant, so it is a failure and not a guess; it names them."""
    twice = [
        capture("1", "When?", AT_NINE, "log.jsonl:1"),
        capture("3", "When? ", Answer(response="At ten."), "log.jsonl:7"),
    ]
    found = error(ways, case("other", "When?"), twice)
    assert found.reason == "ambiguous_capture"
    assert "several captured answers have the question 'When?' (log.jsonl:1, log.jsonl:7)" in str(found)
    assert "give each an id and match by id" in str(found)


def test_an_id_settles_an_ambiguous_question() -> None:
    """Where ids fit, the same question may be asked several times."""
    twice = [*CAPTURED, capture("3", "When?", Answer(response="At ten."))]
    assert play(AUTO, case("3", "When?"), twice).response == "At ten."


def test_two_answers_with_one_id() -> None:
    """An id that stands twice in a capture is ambiguous, even if the question would tell."""
    twice = [*CAPTURED, capture("1", "Who?", Answer(response="Ada."))]
    assert error(AUTO, case("1", "Who?"), twice).reason == "ambiguous_capture"


def test_one_of_several_is_picked_by_its_time() -> None:
    """The latest or the first where that was asked for; where no time was captured, by the order of the file."""
    timed = [
        capture("1", "When?", Answer(response="second", asked_at=20.0)),
        capture("1", "When?", Answer(response="first", asked_at=10.0)),
        capture("1", "When?", Answer(response="unknown")),
    ]
    assert play(AUTO, case("1", "When?"), timed, "latest").response == "second"
    assert play(AUTO, case("1", "When?"), timed, "first").response == "first"
    plain = [capture("1", "When?", Answer(response=text)) for text in ("a", "b", "c")]
    assert play(AUTO, case("1", "When?"), plain, "latest").response == "c"
    assert play(AUTO, case("1", "When?"), plain, "first").response == "a"


def test_what_failed_then_fails_again() -> None:
    """With the reason, the message and the tries of the time."""
    failed = Failure(stage="target", reason="timeout", message="no answer within 30 s", attempts=4)
    found = error(AUTO, case("1", "When?"), [capture("1", "When?", failed)])
    assert (found.reason, str(found), found.attempts) == ("timeout", "no answer within 30 s", 4)


def test_a_capture_is_read_as_it_comes() -> None:
    """Thousands of answers are taken from an iterator and each is found again."""
    with CaptureIndex(("id",)) as index:
        index.add(capture(str(i), "q", Answer(response=f"r{i}")) for i in range(5000))
        assert asyncio.run(ReplayTarget(index).answer(case("4321", "?"))).response == "r4321"


def test_connect_makes_a_replay() -> None:
    """A replay in an experiment file plays what was read for it, from an index or not yet in one."""

    async def scenario(captured: CaptureIndex | Iterable[Capture]) -> Answer:
        said = ReplayConfig.model_validate({"kind": "replay", "match": "id"})
        targets.check(said)
        async with targets.connect(said, TargetContext(captured=captured)) as target:
            return await target.answer(case("2", "?"))

    assert asyncio.run(scenario(CAPTURED)) == PIER_4
    with CaptureIndex(("id",)) as index:
        index.add(CAPTURED)
        assert asyncio.run(scenario(index)) == PIER_4
        assert index.count() == 2


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.text(st.characters(codec="utf-8"), min_size=1), max_size=8))
def test_every_captured_answer_is_found_by_its_id(texts: dict[str, str]) -> None:
    """Ids are compared as they are: no folding, no trimming, no quoting."""
    texts = {key.encode("utf-8", "replace").decode(): value for key, value in texts.items()}
    with CaptureIndex(("id",)) as index:
        index.add(capture(key, "q", Answer(response=value)) for key, value in texts.items())
        for key, value in texts.items():
            assert asyncio.run(ReplayTarget(index).answer(case(key, "q"))).response == value
