"""A judge whose replies are checked before anything is computed from them.

A wrong reply is asked for again, with what was wrong with it; then the call fails with a reason. Where a text gives
orders to the judge (a prompt injection), control statements of known verdict are asked along with it.
"""

from typing import TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.judges.backend import Backend, JudgeMiddleware, JudgeReply
from rag_eval.judges.canaries import guarded
from rag_eval.language.suspicion import is_suspected
from rag_eval.records import Usage

T = TypeVar("T", bound=BaseModel)

TRIES = 3


class ValidatedJudge(JudgeMiddleware):
    """Asks the judge within, and asks again, up to `TRIES` times in all, for a reply that is whole."""

    def __init__(self, inner: Backend, *, round_: int = 0) -> None:
        super().__init__(inner)
        self._round = round_

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """A whole reply; raises `JudgeError` with the reason of the last fault.

        Where what is scored speaks to the judge, control statements ride along, and are not in the reply.
        """
        from rag_eval.judges.shapes import find_fault, shape_of  # the embedded judge's with them

        canary = shape_of(response_model).canary
        guard = guarded(prompt, canary) if canary is not None and is_suspected() else None
        whole = prompt if guard is None else guard.text
        usage, asked, tag = Usage(), whole, sample
        for again in range(1, TRIES + 1):
            reply = await self._inner.reply(asked, response_model, tag)
            usage += reply.usage
            value, fault = (reply.value, None) if guard is None else guard.read(reply.value)
            fault = fault or find_fault(prompt, value)
            if fault is None:
                return JudgeReply(value, usage)
            reason, message = fault
            asked = f"{whole}\nYour last reply could not be used: {message}. Reply again, whole."
            # A later round, after somebody asked for failures to be tried again, must not meet this one's replies.
            tag = f"{sample}/again-{self._round}.{again}"
        raise JudgeError(f"{message}, {TRIES} times over", reason=reason)
