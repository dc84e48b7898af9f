"""The judge that an experiment names, with all the judges around it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel, JsonValue

from rag_eval import telemetry
from rag_eval.config.kinds import JudgeConfig
from rag_eval.judges.backend import Backend, DeferredBackend, PlainBackend
from rag_eval.judges.middleware import (
    BothStores,
    CachedJudge,
    CachedReplies,
    FirstContactJudge,
    Ledger,
    LimitedJudge,
    PendingCalls,
    TracedJudge,
)
from rag_eval.judges.validation import ValidatedJudge
from rag_eval.plugins import JUDGES
from rag_eval.ports import InstantJudge
from rag_eval.records import Verdict

T = TypeVar("T", bound=BaseModel)


class JudgeKind(Protocol):
    """A module that makes a kind of judge: one of the package's, or an entry point of the group `rag_eval.judges`."""

    Config: type[JudgeConfig]

    def check(self, config: JudgeConfig, /) -> None:
        """Raise `ConfigError` now for what would fail at the first call."""
        ...

    def origin(self, config: JudgeConfig, seed: int, /) -> dict[str, JsonValue]:
        """Who the judge is: all that may change its replies, and nothing secret."""
        ...

    def open_backend(self, config: JudgeConfig, seed: int, /) -> Backend:
        """The judge by itself."""
        ...


@dataclass(frozen=True)
class ConnectedJudge:
    """A judge ready to be asked, as metrics see it."""

    backend: Backend
    """With all the judges around it."""
    innermost: Backend
    """By itself: asked for vectors that come without a call."""

    @property
    def origin(self) -> dict[str, JsonValue]:
        """What tells its scores from another judge's."""
        return dict(self.innermost.origin)

    @property
    def instant(self) -> InstantJudge | None:
        """The judge inside, where no call of it is told of: it need not read prompts."""
        from rag_eval.judges.embedded.judge import EmbeddedJudge

        innermost = self.innermost.made if isinstance(self.innermost, DeferredBackend) else self.innermost
        judge = innermost.judge if isinstance(innermost, PlainBackend) else None
        return judge if type(judge) is EmbeddedJudge and not telemetry.is_watched() else None

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:
        """The judge's reply; raises `JudgeError`."""
        return (await self.backend.reply(prompt, response_model, sample)).value

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text; raises `JudgeError`."""
        embedder = self.innermost if self.innermost.embedding_model is None else self.backend
        return (await embedder.embed(texts)).value

    def verdicts(self, reply: BaseModel, number: int) -> list[Verdict]:
        """The verdicts in a reply; `number` is how many of its model came before within one score."""
        from rag_eval.judges import shapes

        return shapes.verdicts(reply, number)


@dataclass(frozen=True)
class JudgeSharing:
    """What the judges of several runs in one job have in common: replies, and calls in flight."""

    stores: Sequence[CachedReplies]
    """Of every run; one that has a reply gives it to the others."""
    gate: asyncio.Semaphore
    pending: PendingCalls = field(default_factory=WeakValueDictionary)


@asynccontextmanager
async def connect(
    config: JudgeConfig,
    ledger: Ledger,
    *,
    seed: int,
    round_: int,
    sharing: JudgeSharing | None = None,
    answered: Callable[[], None] = lambda: None,
) -> AsyncIterator[ConnectedJudge]:
    """The judge that an experiment names: validated, cached and limited; closed at the end.

    `round_` counts how often failures of this run were tried again, so that what failed is asked anew. With `sharing`
    equal calls of several runs are made once, and are paid by whichever comes first. `answered` is told of the first
    call that is answered.
    """
    async with aclosing(_kind(config).open_backend(config, seed)) as innermost:
        backend: Backend = TracedJudge(innermost, ledger)
        if not config.is_instant:
            common = sharing or JudgeSharing((), asyncio.Semaphore(config.concurrency))
            limited = FirstContactJudge(LimitedJudge(backend, common.gate), answered)
            cached = CachedJudge(limited, BothStores(ledger, common.stores), common.pending)
            # An instant judge is not validated: what it leaves out of a text, talk about the passages and the like,
            # its rule says; asked again it says the same.
            backend = ValidatedJudge(cached, round_=round_)
        yield ConnectedJudge(backend, innermost)


def origin(config: JudgeConfig, seed: int) -> dict[str, JsonValue]:
    """Who a judge is: all that may change its replies, and nothing secret."""
    return _kind(config).origin(config, seed)


def check(config: JudgeConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first call."""
    _kind(config).check(config)


def _kind(config: JudgeConfig) -> JudgeKind:
    kind: JudgeKind = JUDGES.load(config.kind)
    return kind
