"""A judge whose replies are checked before anything is computed from them.

A wrong reply is asked for again, with what was wrong with it; then the call fails with a reason.
"""

from typing import TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.judges.backend import Backend, JudgeMiddleware, JudgeReply
from rag_eval.judges.shapes import find_fault, shape_of
from rag_eval.records import Usage

T = TypeVar("T", bound=BaseModel)

TRIES = 3


class ValidatedJudge(JudgeMiddleware):
    """Asks the judge within, and asks again, up to `TRIES` times in all, for a reply that is whole."""

    def __init__(self, inner: Backend, *, round_: int = 0) -> None:
        super().__init__(inner)
        self._round = round_

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """A whole reply; raises `JudgeError` with the reason of the last fault."""
        shape_of(response_model)
        usage, asked, tag = Usage(), prompt, sample
        for again in range(1, TRIES + 1):
            reply = await self._inner.reply(asked, response_model, tag)
            usage += reply.usage
            fault = find_fault(prompt, reply.value)
            if fault is None:
                return JudgeReply(reply.value, usage)
            reason, message = fault
            asked = f"{prompt}\nYour last reply could not be used: {message}. Reply again, whole."
            # A later round, after somebody asked for failures to be tried again, must not meet this one's replies.
            tag = f"{sample}/again-{self._round}.{again}"
        raise JudgeError(f"{message}, {TRIES} times over", reason=reason)
