"""A judge and an embedder that say what a test tells them to, and remember what they were asked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, JsonValue

from rag_eval.errors import JudgeError
from rag_eval.judges import ConnectedJudge
from rag_eval.judges.backend import Backend, PlainBackend
from rag_eval.language.prompts import read_input
from rag_eval.metrics import ConnectedMetric
from rag_eval.metrics.custom import custom_spec
from rag_eval.ports import Embedder, Judge
from rag_eval.records import ObservedJudge, Usage

T = TypeVar("T", bound=BaseModel)
Say = Callable[[Mapping[str, Any], int], Mapping[str, Any]]
"""From the prompt's input and how often the shape was asked for before, to a reply."""


class Scripted:
    """A judge; `says` maps the name of a shape to its reply, or to a function that makes it."""

    def __init__(self, says: Mapping[str, Mapping[str, Any] | Say], *, seconds: float = 0.0) -> None:
        self.says, self.seconds = says, seconds
        self.asked: list[tuple[str, str, str]] = []
        """Prompt, name of the shape, sample."""
        self.peak = 0
        self._in_flight = 0

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:
        """What the script says."""
        name = response_model.__name__
        before = sum(asked[1] == name for asked in self.asked)
        self.asked.append((prompt, name, sample))
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self._in_flight -= 1
        if name not in self.says:
            raise JudgeError(f"the script has no {name}", reason="no_script")
        said = self.says[name]
        return response_model.model_validate(said(read_input(prompt), before) if callable(said) else said)

    @property
    def draws(self) -> list[str]:
        """The draws that were asked for, in order."""
        return [draw for _, _, draw in self.asked]


class Vectors:
    """An embedder with a table; a text that is not in it is an error."""

    def __init__(self, table: Mapping[str, Sequence[float]], *, seconds: float = 0.0) -> None:
        self.table, self.seconds = table, seconds
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of the table."""
        self.asked.append([*texts])
        await asyncio.sleep(self.seconds)
        return [[*self.table[text]] for text in texts]


def backend(
    judge: Judge, embedder: Embedder | None = None, origin: Mapping[str, JsonValue] | None = None
) -> PlainBackend:
    """A judge and an embedder as the judges around a judge take one."""
    return PlainBackend(judge, Vectors({}) if embedder is None else embedder, origin or {}, "scripted")


def asking(judge: Judge | Backend, embedder: Embedder | None = None) -> ConnectedJudge:
    """A judge, or judges around one, as metrics ask it."""
    whole = cast("Backend", judge) if hasattr(judge, "aclose") else backend(judge, embedder)
    return ConnectedJudge(whole, backend(Scripted({}), embedder))


def connected(metric: Any) -> ConnectedMetric:
    """A metric of somebody's own, with what its attributes say of it."""
    return ConnectedMetric(custom_spec(lambda judge, embedder: metric, "test"), metric)


class Memory:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.spent: list[Usage] = []

    def cached_reply(self, key: str) -> str | None:
        """The reply under a key."""
        return self.kept.get(key)

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a reply."""
        self.kept[key] = body

    def add_usage(self, usage: Usage) -> None:
        """Count what one reply cost, and nothing of who gave it."""
        self.spent.append(usage.model_copy(update={"seen": ObservedJudge()}))
