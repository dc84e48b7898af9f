"""Answers that were captured before, played for the case they belong to."""

from rag_eval.config import Thinking
from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case, Failure
from rag_eval.targets.replay.index import CaptureIndex
from rag_eval.targets.thinking import without_thinking


class ReplayTarget:
    """Captured answers behind the `Target` port."""

    def __init__(self, index: CaptureIndex, thinking: Thinking = "keep") -> None:
        self._index = index
        self._drops = thinking == "drop"

    async def answer(self, case: Case) -> Answer:
        """The captured answer of a case; raises `TargetError` if there is none, more than one, or if it failed then."""
        reply = self._index.find(case).reply
        if isinstance(reply, Failure):
            error = TargetError(reply.message, reason=reply.reason)
            error.attempts = reply.attempts
            raise error
        return without_thinking(reply, drop=self._drops)
