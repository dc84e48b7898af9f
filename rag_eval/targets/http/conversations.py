"""Turns of conversations: asked one after the other, with what the service must be told again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case, Failure, Reason, Reply
from rag_eval.targets.http.paths import path_of


@dataclass
class Conversation:
    """What is known of one conversation so far."""

    session: Any = None
    history: list[dict[str, str]] = field(default_factory=list)
    cookies: httpx2.Cookies = field(default_factory=httpx2.Cookies)
    broken: bool = False
    """Whether an earlier turn got no answer."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def fields(self) -> dict[str, Any]:
        """What templates may use."""
        return {"session": self.session, "history": self.history}

    def said(self, case: Case, answer: Answer) -> None:
        """Keep one turn."""
        self.history += [
            {"role": "user", "content": case.user_input},
            {"role": "assistant", "content": answer.response or ""},
        ]
        self.session = answer.metadata.get("session", self.session)


class Conversations:
    """Every conversation of a run, by its name."""

    def __init__(self, expression: str | None) -> None:
        self._path = path_of(expression, "target.conversation") if expression else None
        self._known: dict[str, Conversation] = {}

    def of(self, fields: Mapping[str, Any]) -> Conversation | None:
        """The conversation that a case belongs to, None for a question that stands alone."""
        name = self._path.search(fields) if self._path else None
        return None if name in (None, "") else self._known.setdefault(str(name), Conversation())

    def restore(self, case: Case, reply: Reply) -> None:
        """Take up a turn that was asked in an earlier session of the run."""
        conversation = self.of(case.model_dump())
        if conversation is not None and isinstance(reply, Answer):
            conversation.said(case, reply)
            # Cookies are not kept, as they may be secrets: without them the next turn would begin another session.
            conversation.broken = conversation.broken or bool(reply.metadata.get("cookies"))
        elif conversation is not None and isinstance(reply, Failure):
            conversation.broken = True

    @asynccontextmanager
    async def turn(self, conversation: Conversation | None) -> AsyncIterator[None]:
        """Wait for one's turn; raises `TargetError` where an earlier one got no answer."""
        if conversation is None:
            yield
            return
        async with conversation.turn:  # asyncio's locks are fair: turns come in the order of the dataset
            if conversation.broken:
                message = "an earlier turn got no answer, or its cookies went with the run's last session"
                raise TargetError(message, reason=Reason.EARLIER_TURN_FAILED)
            try:
                yield
            except BaseException:
                conversation.broken = True
                raise
