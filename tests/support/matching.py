"""Captured answers and the cases that they may belong to."""

from collections.abc import Iterable

from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case
from rag_eval.targets import Capture, CaptureIndex
from rag_eval.targets.replay.config import Way
from rag_eval.targets.replay.index import CaptureMatch

FERRY = "How much does the ferry to the island of Skerrow cost for a family?"
FERRY_AGAIN = "How much does a ferry to the island of Skerrow cost for families?"
OTHERS = (
    "When does the harbour office open on Sundays?",
    "Where can dogs swim?",
    "Who repairs broken masts in winter?",
    "Which pier has electricity for visitors?",
)


def capture(question: str, answer: str = "", *, trace: str | None = None, ids: tuple[str, ...] = ()) -> Capture:
    """A captured answer."""
    return Capture(question, Answer(response=answer or question), ids, trace)


def case(case_id: str, question: str) -> Case:
    """A case that is only an id and a question."""
    return Case(id=case_id, user_input=question)


def seen(ways: tuple[Way, ...], asked: Iterable[Case], captured: Iterable[Capture]) -> tuple[dict[str, str], int]:
    """Case to the answer or the reason why there is none, and how many answers belong to nobody."""
    with CaptureIndex(ways) as index:
        index.add(captured)
        found = dict(outcomes_by_case(index.seen(asked)))
        return found, index.unmatched()


def outcomes_by_case(found: Iterable[tuple[Case, CaptureMatch | TargetError]]) -> Iterable[tuple[str, str]]:
    """Case to the way and the answer, or to the reason why there is none."""
    for one, outcome in found:
        if isinstance(outcome, TargetError):
            yield one.id, outcome.reason
        else:
            assert isinstance(outcome.reply, Answer)
            yield one.id, f"{outcome.way}: {outcome.reply.response}"
