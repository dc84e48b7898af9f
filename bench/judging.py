"""How long scoring takes with a judge of 100 ms and 16 calls in flight, beside the floor that no scorer can beat."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from rag_eval import judges, metrics
from rag_eval.evaluation import engine
from rag_eval.journal import JournalWriter
from rag_eval.judges.backend import PlainBackend
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.middleware import CachedJudge, LimitedJudge
from rag_eval.judges.validation import ValidatedJudge
from rag_eval.records import Answer, Case

T = TypeVar("T", bound=BaseModel)

METRICS = ("faithfulness", "context_recall", "factual_correctness")
CASES, IN_FLIGHT, CALL = 80, 16, 0.1
MOST = 1.6
"""Wall time over the floor."""


class Slow:
    """A judge that takes its time, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self._judge = EmbeddedJudge()

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:
        """The embedded judge's reply, later."""
        self.calls += 1
        await asyncio.sleep(CALL)
        return await self._judge.reply(prompt, response_model, sample)


class Instant:
    """A target that answers at once."""

    async def answer(self, case: Case) -> Answer:
        """An answer with two contexts."""
        text = f"The ferry to island {case.id} costs {case.id} pounds. It leaves at noon."
        return Answer(response=text, retrieved_contexts=(text, "Dogs travel free."))


def cases() -> Sequence[Case]:
    """Questions about ferries."""
    said = "The ferry to island {0} costs {0} pounds."
    return [Case(id=str(n), user_input=f"What costs ferry {n}?", reference=said.format(n)) for n in range(CASES)]


async def score(folder: Path) -> tuple[float, int]:
    """Seconds, and judge calls."""
    slow = Slow()
    with JournalWriter.create(folder / "journal.db") as journal:
        plain = PlainBackend(slow, HashingEmbedder(), {}, "slow")
        judge = ValidatedJudge(CachedJudge(LimitedJudge(plain, asyncio.Semaphore(IN_FLIGHT)), journal))
        backend = judges.ConnectedJudge(judge, plain)
        measured = metrics.connect(metrics.select(METRICS), backend)
        work = engine.Work(Instant(), measured, journal, asking=4, scoring=IN_FLIGHT)
        began = time.perf_counter()
        await engine.drive(work, cases())
        return time.perf_counter() - began, slow.calls


def main() -> int:
    """Print the time, the floor and their ratio; 1 if it is too large."""
    with tempfile.TemporaryDirectory() as folder:
        took, calls = asyncio.run(score(Path(folder)))
    floor = calls * CALL / IN_FLIGHT
    ratio = took / floor
    print(
        f"judging            {calls} calls in {took:.2f} s, floor {floor:.2f} s, ratio {ratio:.2f} (at most {MOST:g})"
    )
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
