"""Whoever answers RAGAs' prompts: a language model, or the judge inside."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakValueDictionary

from pydantic import BaseModel, JsonValue

from rag_eval import config, plugins, telemetry
from rag_eval.errors import ConfigError
from rag_eval.judges.checked import Checked
from rag_eval.judges.kept import (
    Asking,
    BothStores,
    Kept,
    KeptEmbedder,
    Limited,
    LimitedEmbedder,
    Store,
    Watched,
    WatchedEmbedder,
)
from rag_eval.judges.kinds.custom import CustomJudgeConfig
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.judges.kinds.openai import OpenAIJudgeConfig
from rag_eval.ports import Embedder, Judge

T = TypeVar("T", bound=BaseModel)


class Ledger(Store, Protocol):
    """A store that also counts what was spent, such as a run's journal."""

    def spend(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count one call that was answered."""
        ...


@dataclass(frozen=True)
class Connected:
    """A judge ready to be asked, and who it is."""

    judge: Judge
    embedder: Embedder
    origin: dict[str, JsonValue]
    """What tells its scores from another judge's."""

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """The judge's reply; raises `JudgeError`."""
        return await self.judge.reply(prompt, shape, draw)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The embedder's vectors; raises `JudgeError`."""
        return await self.embedder.embed(texts)


@dataclass(frozen=True)
class Sharing:
    """What the judges of several runs in one job have in common: replies, and calls in flight."""

    stores: Sequence[Store]
    """Of every run; one that has a reply gives it to the others."""
    gate: asyncio.Semaphore
    asking: Asking = field(default_factory=WeakValueDictionary)


@asynccontextmanager
async def connect(
    said: config.JudgeConfig, ledger: Ledger, *, seed: int, round_: int, sharing: Sharing | None = None
) -> AsyncIterator[Connected]:
    """The judge that an experiment names: checked, kept and limited; closed at the end.

    `round_` counts how often failures of this run were tried again, so that what failed is asked anew. With `sharing`
    equal calls of several runs are made once, and are paid by whichever comes first.
    """
    match said:
        case EmbeddedJudgeConfig():
            from rag_eval.judges.embedded import EmbeddedEmbedder, EmbeddedJudge

            # Not kept: it answers in less time than a look-up would take, and always the same. Not checked: what it
            # leaves out of a text, talk about the passages and the like, its rule says; asked again it says the same.
            yield Connected(Watched(EmbeddedJudge(), "embedded"), EmbeddedEmbedder(), origin(said, seed))
        case OpenAIJudgeConfig():
            common = sharing or Sharing((), asyncio.Semaphore(said.concurrency))
            async with _language_model(said, ledger, common, seed=seed, round_=round_) as connected:
                yield connected
        case CustomJudgeConfig():
            part: Any = plugins.build(said.use, said.options)
            common = sharing or Sharing((), asyncio.Semaphore(said.concurrency))
            who, store = origin(said, seed), BothStores(ledger, common.stores)
            limited = Limited(Watched(part, said.use), common.gate)
            judge = Checked(Kept(limited, store, who, common.asking), round_=round_)
            yield Connected(judge, _embedder_of(part), who)
        case _:
            raise ConfigError(f"judge.kind: {said.kind} cannot be asked")


@asynccontextmanager
async def _language_model(
    said: OpenAIJudgeConfig, ledger: Ledger, common: Sharing, *, seed: int, round_: int
) -> AsyncIterator[Connected]:
    telemetry.silence()
    from rag_eval.judges.openai import OpenAIEmbedder, OpenAIJudge

    gate, asking = common.gate, common.asking
    who, store = origin(said, seed), BothStores(ledger, common.stores)
    async with AsyncExitStack() as closing:
        spend = _told_as_well(ledger)
        model = OpenAIJudge(said, spend, seed=seed)
        closing.push_async_callback(model.aclose)
        embedder: Embedder
        if said.embedding_model is None:
            embedder = _embedder_of(None)
        else:
            name = config.expand(said.embedding_model)
            vectors = OpenAIEmbedder(said, name, spend, seed=seed)
            closing.push_async_callback(vectors.aclose)
            embedder = KeptEmbedder(LimitedEmbedder(WatchedEmbedder(vectors, name), gate), store, who, asking)
        watched = Watched(model, config.expand(said.model))
        yield Connected(Checked(Kept(Limited(watched, gate), store, who, asking), round_=round_), embedder, who)


def _told_as_well(ledger: Ledger) -> Callable[[int, int], None]:
    """Counts a call in the ledger, and its tokens where the call is seen."""

    def spend(prompt_tokens: int, completion_tokens: int) -> None:
        ledger.spend(prompt_tokens, completion_tokens)
        telemetry.spent(prompt_tokens, completion_tokens)

    return spend


def _embedder_of(part: Any) -> Embedder:
    from rag_eval.judges.embedded import EmbeddedEmbedder

    return part if hasattr(part, "embed") else EmbeddedEmbedder()


def origin(said: config.JudgeConfig, seed: int) -> dict[str, JsonValue]:
    """Who a judge is: all that may change its replies, and nothing secret."""
    from rag_eval.judges.embedded import VERSION

    inside: dict[str, JsonValue] = {"embeddings": f"embedded {VERSION}"}
    match said:
        case EmbeddedJudgeConfig():
            return {"kind": "embedded", "version": VERSION, **inside}
        case OpenAIJudgeConfig():
            from rag_eval.judges.openai import endpoint

            vectors: dict[str, JsonValue] = (
                {"embeddings": config.expand(said.embedding_model)} if said.embedding_model else inside
            )
            return {
                "kind": "openai",
                "model": config.expand(said.model),
                "endpoint": _without_credentials(endpoint(said)),
                "temperature": said.temperature,
                "max_tokens": said.max_tokens,
                "seed": seed,
                **vectors,
            }
        case CustomJudgeConfig():
            told = hashlib.sha256(repr(sorted(said.options.items())).encode()).hexdigest()[:12]
            return {"kind": "custom", "use": said.use, "options": told}
        case _:
            raise ConfigError(f"judge.kind: {said.kind} cannot be asked")


def _without_credentials(url: str | None) -> str:
    if url is None:
        return "api.openai.com"
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def check(said: config.JudgeConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first call."""
    if isinstance(said, OpenAIJudgeConfig):
        telemetry.silence()
        from rag_eval.judges import openai

        openai.check(said)
