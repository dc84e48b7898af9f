"""A judge and an embedder that say what a test tells them to, and remember what they were asked."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.language.prompts import read_input
from rag_eval.metrics import ConnectedMetric
from rag_eval.metrics.custom import custom_spec
from rag_eval.ports import Embedder, Judge

T = TypeVar("T", bound=BaseModel)
Say = Callable[[Mapping[str, Any], int], Mapping[str, Any]]
"""From the prompt's input and how often the shape was asked for before, to a reply."""


class Scripted:
    """A judge; `says` maps the name of a shape to its reply, or to a function that makes it."""

    def __init__(self, says: Mapping[str, Mapping[str, Any] | Say], *, seconds: float = 0.0) -> None:
        self.says, self.seconds = says, seconds
        self.asked: list[tuple[str, str, str]] = []
        """Prompt, name of the shape, draw."""
        self.peak = 0
        self._in_flight = 0

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """What the script says."""
        name = shape.__name__
        before = sum(asked[1] == name for asked in self.asked)
        self.asked.append((prompt, name, draw))
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self._in_flight -= 1
        if name not in self.says:
            raise JudgeError(f"the script has no {name}", reason="no_script")
        said = self.says[name]
        return shape.model_validate(said(read_input(prompt), before) if callable(said) else said)

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


class Pair:
    """A judge and an embedder as the one whom a metric asks."""

    def __init__(self, judge: Judge, embedder: Embedder | None = None) -> None:
        self._judge, self._embedder = judge, Vectors({}) if embedder is None else embedder

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """The judge's reply."""
        return await self._judge.reply(prompt, shape, draw)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The embedder's vectors."""
        return await self._embedder.embed(texts)


def connected(metric: Any) -> ConnectedMetric:
    """A metric of somebody's own, with what its attributes say of it."""
    return ConnectedMetric(custom_spec(lambda judge, embedder: metric, "test"), metric)


class Memory:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.spent: list[tuple[int, int]] = []

    def judged(self, key: str) -> str | None:
        """The reply under a key."""
        return self.kept.get(key)

    def keep_judged(self, key: str, body: str) -> None:
        """Keep a reply."""
        self.kept[key] = body

    def spend(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count one call."""
        self.spent.append((prompt_tokens, completion_tokens))
