"""What may be swapped: one method each. Someone else's part is `package.module:name` in an experiment file."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, JsonValue

from rag_eval.records import Answer, Case, NotApplicable, Reply, RunMeta, Score, Summary, Verdict

T = TypeVar("T", bound=BaseModel)


class Target(Protocol):
    """The system under test."""

    async def answer(self, case: Case) -> Answer:
        """Ask one question; raises `TargetError` where no usable answer comes."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A target that wants to know of replies of an earlier session, such as the turns of a conversation."""

    def restore(self, case: Case, reply: Reply) -> None:
        """Take up a reply that the run has already; cases come in the order of the dataset."""
        ...


class Judge(Protocol):
    """Whoever answers RAGAs' prompts."""

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:
        """Answer a prompt in the shape of a model; raises `JudgeError`.

        `sample` tells apart replies to one prompt that are meant to be independent of each other. It is part of the
        key under which a reply is kept and is never sent.
        """
        ...


class Embedder(Protocol):
    """Whoever turns texts into vectors for the metrics that need similarity."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of one length per text; raises `JudgeError`."""
        ...


class JudgeBackend(Judge, Embedder, Protocol):
    """Whom a metric may ask: a judge and an embedder in one."""

    def verdicts(self, reply: BaseModel, number: int) -> Sequence[Verdict]:
        """The verdicts in a reply; `number` is how many of its model came before it within one score."""
        ...


class InstantJudge(Protocol):
    """A judge that need read no prompt: it is given what would stand in one, and replies at once with plain data."""

    def answer(self, shape: str, given: Mapping[str, JsonValue]) -> Mapping[str, Any] | None:
        """The reply in a shape, by field; None for what is so long that it should not be waited for."""
        ...

    def refusal(self, response: str) -> str | None:
        """The sentence by which an answer refuses, empty where it does not; None as in `answer`."""
        ...


class Metric(Protocol):
    """One question about an answer; what else is known of it stands in its `MetricSpec`."""

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`. The fields in `needs` are there."""
        ...


@dataclass(frozen=True)
class RunResult:
    """A finished run as a tracker sees it: the summary, and the folder with everything else."""

    summary: Summary
    folder: Path
    params: Mapping[str, JsonValue]
    """The experiment's settings, flattened, with secrets still as names of environment variables."""


class Scores(Protocol):
    """The scores of a run, question by question: its journal, or a baseline that was kept of it."""

    @property
    def meta(self) -> RunMeta:
        """What the run remembers about itself."""
        ...

    def values(self, metric: str) -> dict[str, float]:
        """Case id to value of one metric, in the order of the dataset."""
        ...

    def failed(self, metric: str) -> dict[str, str]:
        """Case id to the stage that failed, of the cases of which a metric has no value because of a failure."""
        ...

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        ...

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome."""
        ...

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer, in the order of the dataset."""
        ...

    def repeats(self) -> dict[str, str]:
        """Case id to the id of the question that it repeats, for those that repeat one."""
        ...

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags, of the cases that have some."""
        ...

    def clusters(self) -> dict[str, str]:
        """Case id to what the case belongs to with others, such as its conversation or document; not all do."""
        ...

    def question(self, case_id: str) -> str:
        """The text of a question."""
        ...


PushProgress = Callable[[int, int], None]
"""Is told how many cases the tracker has, and of how many."""


class Tracker(Protocol):
    """Where runs are kept for people to look at."""

    def push(self, run: RunResult, progress: PushProgress = ..., sent: Mapping[str, str] | None = None) -> str:
        """Write the run, the same way however often; returns a link. Raises `UnreachableError`.

        `sent` is what the tracker was sent of it while it went on.
        """
        ...


@dataclass(frozen=True)
class LoadRun:
    """A load test as a tracker takes it."""

    key: str
    """Tells it from every other; pushed again, it is the same."""
    name: str
    started: float
    """Seconds since 1970, as is `ended`."""
    ended: float
    metrics: Mapping[str, float]
    series: Mapping[str, Sequence[tuple[float, float]]]
    """Name to seconds since the start and value."""
    params: Mapping[str, str]
    tags: Mapping[str, str]
    folder: Path
    files: Sequence[Path]
    """What of the folder to keep with it."""
