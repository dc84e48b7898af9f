"""The first calls of a service: one at a time until it answers, and no more where all of them end alike.

A wrong key or a misspelt path fails every call the same way: five are enough to know, forty would only cost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from rag_eval.errors import FirstContactError, ReasonedError
from rag_eval.records import Reason

T = TypeVar("T")

MOST = 5
"""Calls that may end alike before the first that is answered."""
_OF_THE_CALLER = frozenset({
    Reason.BAD_CONTEXTS, Reason.BAD_EMBEDDING, Reason.BAD_TEMPLATE, Reason.HTTP_STATUS, Reason.NOT_A_STREAM,
    Reason.NOT_JSON, Reason.NO_ANSWER, Reason.QUOTA, Reason.REDIRECTED, Reason.REFUSED, Reason.SERVICE_ERROR,
    Reason.TRUNCATED, Reason.UNAUTHORIZED, Reason.UNPARSABLE,
})  # fmt: skip
"""Reasons that lie in how a service is asked, or in its state, rather than in one question."""
_AWAY = frozenset({Reason.CONNECTION, Reason.TIMEOUT})
"""Reasons of a service that cannot be reached; each try of a call counts, as each was as good as a call."""


class FirstContact:
    """Stands before the calls of one service; used by all that call it."""

    def __init__(
        self,
        stage: Literal["target", "judge"],
        *,
        most: int | None = MOST,
        made: Callable[[], object] = lambda: None,
        opened: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Without `most` nothing is held back.

        `made` is told when the service turns out to be there; calls after the first that was answered wait for
        `opened`, as for the judge of that answer.
        """
        self._stage: Literal["target", "judge"] = stage
        self._most, self._tell, self._opened = most or 0, made, opened
        self._made = most is None
        self._waits = most is not None
        self._alike = 0
        self._last: ReasonedError | None = None
        self._turn = asyncio.Lock()

    @property
    def holds(self) -> bool:
        """Whether calls are held back until one is answered."""
        return not self._made

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a call in its turn; raises what it raises, and `FirstContactError` where enough have ended alike."""
        if not self._made:
            async with self._turn:
                if not self._made:
                    return await self._first(request)
        if self._waits and self._opened is not None:
            await self._opened()
        return await request()

    async def _first(self, request: Callable[[], Awaitable[T]]) -> T:
        if self._last is not None and self._alike >= self._most:
            raise FirstContactError(str(self._last), stage=self._stage, reason=self._last.reason)
        try:
            result = await request()
        except ReasonedError as error:
            self._count(error)
            raise
        self._make()
        return result

    def _count(self, error: ReasonedError) -> None:
        """A call that failed in another way than the one before tells that the service is there."""
        if error.reason not in _AWAY | _OF_THE_CALLER or (self._last is not None and error.reason != self._last.reason):
            self._make()
            return
        self._last = error
        self._alike += error.attempts if error.reason in _AWAY or (error.status or 0) >= _SERVER_ERROR else 1

    def _make(self) -> None:
        self._made = True
        self._tell()


class FirstSteps:
    """Lets one go on at a time until all may."""

    def __init__(self) -> None:
        self._steps = asyncio.Semaphore(0)
        self._open = False

    async def wait(self) -> None:
        """Return when it is one's turn."""
        if not self._open:
            await self._steps.acquire()
            self._pass_on()

    def _pass_on(self) -> None:
        if self._open:
            self._steps.release()

    def step(self) -> None:
        """Let one go on."""
        self._steps.release()

    def open(self) -> None:
        """Let all go on."""
        self._open = True
        self._steps.release()


_SERVER_ERROR = 500
