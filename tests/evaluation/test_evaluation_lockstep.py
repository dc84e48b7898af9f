"""Two targets that are asked side by side."""

import asyncio
from dataclasses import dataclass

import pytest

from rag_eval.errors import TargetError
from rag_eval.evaluation.lockstep import Lockstep
from rag_eval.ports import Target
from rag_eval.records import Answer, Case


@dataclass
class Noting:
    """A target that notes who was asked what, and gives way so often before it answers."""

    side: str
    asked: list[tuple[str, str]]
    patience: int = 0
    error: TargetError | None = None

    async def answer(self, case: Case) -> Answer:
        """Note and answer."""
        self.asked.append((case.id, self.side))
        for _ in range(self.patience):
            await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return Answer(response=self.side)


async def _ask(target: Target, cases: list[Case], in_flight: int) -> list[str | None]:
    """Every case, so many at a time and in order, as a run does it."""
    left = iter(cases)

    async def worker() -> list[str | None]:
        return [(await target.answer(case)).response for case in left]

    return [text for texts in await asyncio.gather(*(worker() for _ in range(in_flight))) for text in texts]


@pytest.mark.parametrize(("fast", "slow"), [(1, 1), (4, 1), (3, 3)])
def test_each_question_goes_to_both_at_once_whoever_is_slower(fast: int, slow: int) -> None:
    """Nothing is asked between the two askings of a question, and which goes first alternates."""
    asked: list[tuple[str, str]] = []
    lockstep = Lockstep()
    cases = [Case(id=f"c{n}", user_input="?") for n in range(12)]
    a, b = (lockstep.around(Noting(side, asked, n), n and 1) for side, n in (("a", 0), ("b", 7)))

    async def both() -> tuple[list[str | None], list[str | None]]:
        return await asyncio.gather(_ask(a, cases, fast), _ask(b, cases, slow))

    answers_a, answers_b = asyncio.run(both())
    assert (answers_a, answers_b) == (["a"] * 12, ["b"] * 12)
    pairs = [asked[place : place + 2] for place in range(0, 24, 2)]
    assert [pair[0][0] for pair in pairs] == [pair[1][0] for pair in pairs] == [case.id for case in cases]
    assert [pair[0][1] for pair in pairs] == ["a", "b"] * 6


def test_a_target_that_fails_keeps_nobody_waiting() -> None:
    """Its error is its own, and the other has been asked all the same."""
    asked: list[tuple[str, str]] = []
    lockstep = Lockstep()
    case = Case(id="c", user_input="?")
    bad = lockstep.around(Noting("a", asked, error=TargetError("no", reason="timeout")), 0)
    good = lockstep.around(Noting("b", asked), 1)

    async def both() -> tuple[object, object]:
        return await asyncio.gather(bad.answer(case), good.answer(case), return_exceptions=True)

    failed, answered = asyncio.run(both())
    assert isinstance(failed, TargetError)
    assert isinstance(answered, Answer)
