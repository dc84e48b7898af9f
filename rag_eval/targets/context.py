"""What a target may need of the run that asks it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from rag_eval.targets.replay.captures import Capture
from rag_eval.targets.replay.index import CaptureIndex


class Sending(Protocol):
    """Is told that a question goes out, or that it was not taken on."""

    def __call__(self, case_id: str, *, sent: bool) -> None:
        """Of the case with this id."""


@dataclass(frozen=True)
class TargetContext:
    """The run that a target is opened for; a kind of target takes of it what it needs."""

    seed: int = 0
    run_key: str | None = None
    """Makes the ids of traces, where questions carry one."""
    sending: Sending | None = None
    """Is told of questions that go out to a service that must not be asked twice."""
    captured: CaptureIndex | Iterable[Capture] = ()
    """Answers to play: an index, which stays its owner's, or what is to be put into one."""
