"""A system that answers in this process, as an experiment's `custom` target, and does what a test wants."""

import asyncio
import os
import signal
from collections.abc import Mapping
from typing import Any

from rag_eval.errors import TargetError, UnreachableError
from rag_eval.records import Answer, Case

USE = f"{__name__}:AnsweringTarget"
asked: list[str] = []
"""The ids of the cases that anybody was asked; a test clears it."""


class AnsweringTarget:
    """Answers with what the case's reference says; `fails` maps the id of a case to what it ends with.

    That is `away`, which ends the run, `interrupt`, which is SIGTERM, `wrong`, which is another answer, or a reason.
    """

    def __init__(self, fails: Mapping[str, str] | None = None) -> None:
        self.fails = fails or {}

    async def answer(self, case: Case) -> Answer:
        """The reference, with the contexts that the dataset asks for."""
        await asyncio.sleep(0)
        asked.append(case.id)
        how = self.fails.get(case.id)
        if how == "away":
            raise UnreachableError("the service is away")
        if how == "interrupt":
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()  # until it is stopped
        if how not in (None, "wrong"):
            raise TargetError("no answer", reason=how)
        ids = ("elsewhere",) if how == "wrong" else case.reference_context_ids
        return Answer(response=case.reference, retrieved_context_ids=ids, latency_s=0.5)


def answering(**fails: str) -> dict[str, Any]:
    """The target as an experiment has it; `case_1="timeout"` says that `case-1` fails."""
    named = {name.replace("_", "-"): how for name, how in fails.items()}
    return {"kind": "custom", "use": USE, "options": {"fails": named}, "concurrency": 1}
