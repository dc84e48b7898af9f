"""Two targets that are asked the same question at the same time: what drifts, such as load, hits both."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag_eval.ports import Target
from rag_eval.records import Answer, Case


@dataclass
class Lockstep:
    """Where the targets of two runs wait for each other, question by question.

    Both runs must ask the same cases in the same order. Which of the two goes first alternates.
    """

    _waiting: dict[str, tuple[int, asyncio.Future[None]]] = field(default_factory=dict)
    """Case id to the side that has come to it, and what tells that side to go."""
    _met: int = 0

    def around(self, target: Target, side: int) -> Target:
        """One of the two targets, `side` 0 or 1."""
        return _InStep(target, side, self)

    async def meet(self, case_id: str, side: int) -> None:
        """Return when both sides have come to a case, to one just before the other."""
        loop = asyncio.get_running_loop()
        me: asyncio.Future[None] = loop.create_future()
        if case_id in self._waiting:
            pair = dict([self._waiting.pop(case_id), (side, me)])
            loop.call_soon(self._go, pair)  # later, so that this side waits as well, and may be the second to go
        else:
            self._waiting[case_id] = side, me
        await me

    def _go(self, pair: Mapping[int, asyncio.Future[None]]) -> None:
        self._met += 1
        for side in (0, 1) if self._met % 2 else (1, 0):
            if not pair[side].done():  # it may have been cancelled
                pair[side].set_result(None)


@dataclass(frozen=True)
class _InStep:
    """A target that waits for the other before each question."""

    target: Target
    side: int
    lockstep: Lockstep

    async def answer(self, case: Case) -> Answer:
        """Ask when the other side asks the same; raises what the target raises."""
        await self.lockstep.meet(case.id, self.side)
        return await self.target.answer(case)
