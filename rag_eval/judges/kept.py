"""Judges around a judge: one keeps every reply, so that none is paid twice, one limits the calls, one tells of them."""

import array
import asyncio
import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel, JsonValue

from rag_eval import telemetry
from rag_eval.judges.widened import widened
from rag_eval.ports import Embedder, Judge

T = TypeVar("T", bound=BaseModel)


class Store(Protocol):
    """Where replies are kept, such as a run's journal."""

    def judged(self, key: str) -> str | None:
        """The reply under a key."""
        ...

    def keep_judged(self, key: str, body: str) -> None:
        """Keep a reply."""
        ...


Asking = WeakValueDictionary[str, asyncio.Lock]
"""The questions that are being asked, by key."""


class BothStores:
    """A run's own store, and that of another run in the same job: what the other has paid for is kept here, too."""

    def __init__(self, own: Store, others: Sequence[Store]) -> None:
        self._own, self._others = own, others

    def judged(self, key: str) -> str | None:
        """The reply under a key, of whichever run has it."""
        body = self._own.judged(key)
        if body is None:
            body = next((other for store in self._others if (other := store.judged(key)) is not None), None)
            if body is not None:
                self._own.keep_judged(key, body)
        return body

    def keep_judged(self, key: str, body: str) -> None:
        """Keep a reply in the run's own."""
        self._own.keep_judged(key, body)


class Kept:
    """Asks the judge beneath only what it has not answered yet; equal questions at one time are asked once."""

    def __init__(
        self, judge: Judge, store: Store, origin: Mapping[str, JsonValue], asking: Asking | None = None
    ) -> None:
        self._judge, self._store = judge, store
        self._origin = json.dumps(origin, sort_keys=True)
        self._asking: Asking = WeakValueDictionary() if asking is None else asking

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """The kept reply, or a new one, which is kept before it is returned; raises `JudgeError`."""
        key = _key("reply", self._origin, _schema(shape), prompt, draw)
        async with self._asking.setdefault(key, asyncio.Lock()):
            body = self._store.judged(key)
            if body is not None:
                telemetry.metrics.judge_call("kept", 0.0)
                return widened(shape).model_validate_json(body)
            reply = await self._judge.reply(prompt, shape, draw)
            self._store.keep_judged(key, reply.model_dump_json())
            return reply


class KeptEmbedder:
    """The same for vectors, which are kept in single precision."""

    def __init__(
        self, embedder: Embedder, store: Store, origin: Mapping[str, JsonValue], asking: Asking | None = None
    ) -> None:
        self._embedder, self._store = embedder, store
        self._origin = json.dumps(origin, sort_keys=True)
        self._asking: Asking = WeakValueDictionary() if asking is None else asking

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text; raises `JudgeError`."""
        keys = {text: _key("embed", self._origin, text) for text in texts}
        async with AsyncExitStack() as asking:
            for key in sorted(keys.values()):  # in one order, so that no two wait for each other
                await asking.enter_async_context(self._asking.setdefault(key, asyncio.Lock()))
            missing = [text for text, key in keys.items() if self._store.judged(key) is None]
            for text, vector in zip(missing, await self._embedder.embed(missing) if missing else [], strict=True):
                self._store.keep_judged(keys[text], base64.b64encode(array.array("f", vector).tobytes()).decode())
        return [self._vector(keys[text]) for text in texts]

    def _vector(self, key: str) -> list[float]:
        body = self._store.judged(key)
        assert body is not None
        return list(array.array("f", base64.b64decode(body)))


class Limited:
    """Lets so many calls through at a time."""

    def __init__(self, judge: Judge, gate: asyncio.Semaphore) -> None:
        self._judge, self._gate = judge, gate

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """The reply of the judge beneath, in its turn; raises `JudgeError`."""
        async with self._gate:
            return await self._judge.reply(prompt, shape, draw)


class LimitedEmbedder:
    """The same for vectors, through the same gate."""

    def __init__(self, embedder: Embedder, gate: asyncio.Semaphore) -> None:
        self._embedder, self._gate = embedder, gate

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of the embedder beneath, in its turn; raises `JudgeError`."""
        async with self._gate:
            return await self._embedder.embed(texts)


class Watched:
    """Has every call of the judge beneath seen: as a span, in metrics and in log lines."""

    def __init__(self, judge: Judge, model: str) -> None:
        self._judge, self._model = judge, model

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """The reply of the judge beneath; raises `JudgeError`."""
        with telemetry.judging("chat", self._model, shape.__name__):
            return await self._judge.reply(prompt, shape, draw)


class WatchedEmbedder:
    """The same for vectors."""

    def __init__(self, embedder: Embedder, model: str) -> None:
        self._embedder, self._model = embedder, model

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of the embedder beneath; raises `JudgeError`."""
        with telemetry.judging("embeddings", self._model, "vectors"):
            return await self._embedder.embed(texts)


@functools.cache
def _schema(shape: type[BaseModel]) -> str:
    return json.dumps([shape.__name__, shape.model_json_schema()], sort_keys=True)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
