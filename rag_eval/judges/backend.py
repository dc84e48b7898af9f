"""A judge as the parts around one see it: who it is, what it replies, and what that cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, JsonValue

from rag_eval.ports import Embedder, Judge
from rag_eval.records import Usage

T = TypeVar("T", bound=BaseModel)
V_co = TypeVar("V_co", covariant=True)

Vectors = list[list[float]]


@dataclass(frozen=True)
class JudgeReply(Generic[V_co]):
    """A value that a judge or an embedder gave, and what the calls for it cost."""

    value: V_co
    usage: Usage = field(default_factory=Usage)


class Backend(Protocol):
    """A judge and its embedder in one; judges around a judge are backends too."""

    @property
    def origin(self) -> Mapping[str, JsonValue]:
        """Who it is: all that may change its replies, and nothing secret."""
        ...

    @property
    def model(self) -> str:
        """What is asked for replies, as spans name it."""
        ...

    @property
    def embedding_model(self) -> str | None:
        """What is asked for vectors; None where they come without a call that is worth keeping or limiting."""
        ...

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """Answer a prompt; raises `JudgeError`, which carries what was spent."""
        ...

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """One vector of one length per text; raises `JudgeError`."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


@dataclass(frozen=True)
class PlainBackend:
    """A judge and an embedder that cost nothing we know of: the embedded ones, or somebody's own."""

    judge: Judge
    embedder: Embedder
    origin: Mapping[str, JsonValue]
    model: str
    embedding_model: None = None

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The judge's reply; raises `JudgeError`."""
        return JudgeReply(await self.judge.reply(prompt, response_model, sample))

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The embedder's vectors; raises `JudgeError`."""
        return JudgeReply(await self.embedder.embed(texts))

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class DeferredBackend:
    """A judge that is made when it is first asked, for it needs what takes long to import."""

    origin: Mapping[str, JsonValue]
    model: str
    embedding_model: str | None
    make: Callable[[], Backend] = field(repr=False)

    @cached_property
    def made(self) -> Backend:
        """The judge itself."""
        return self.make()

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The judge's reply; raises `JudgeError`."""
        return await self.made.reply(prompt, response_model, sample)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The judge's vectors; raises `JudgeError`."""
        return await self.made.embed(texts)

    async def aclose(self) -> None:
        """Close what was made."""
        if "made" in vars(self):
            await self.made.aclose()


class JudgeMiddleware:
    """A judge around a judge, which passes everything on; what it does besides, its subclasses say."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner

    @property
    def origin(self) -> Mapping[str, JsonValue]:
        """Who the judge within is."""
        return self._inner.origin

    @property
    def model(self) -> str:
        """What the judge within asks for replies."""
        return self._inner.model

    @property
    def embedding_model(self) -> str | None:
        """What the judge within asks for vectors."""
        return self._inner.embedding_model

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The reply of the judge within; raises `JudgeError`."""
        return await self._inner.reply(prompt, response_model, sample)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The vectors of the judge within; raises `JudgeError`."""
        return await self._inner.embed(texts)

    async def aclose(self) -> None:
        """Close the judge within."""
        await self._inner.aclose()


def embedder_of(part: Any) -> Embedder:
    """Somebody's part where it embeds, else the embedder inside."""
    from rag_eval.judges.embedded.embedder import HashingEmbedder

    return part if hasattr(part, "embed") else HashingEmbedder()
