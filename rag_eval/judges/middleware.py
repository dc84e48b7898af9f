"""Judges around a judge: one keeps every reply, so that none is paid twice, one limits the calls, one tells of them."""

import array
import asyncio
import base64
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel

from rag_eval import telemetry
from rag_eval.errors import ReasonedError
from rag_eval.judges.backend import Backend, JudgeMiddleware, JudgeReply, Vectors
from rag_eval.judges.widened import widened
from rag_eval.records import Usage
from rag_eval.resilience import FirstContact

T = TypeVar("T", bound=BaseModel)


class CachedReplies(Protocol):
    """Where replies are, such as the journal of another run."""

    def cached_reply(self, key: str) -> str | None:
        """The reply under a key."""
        ...


class ReplyStore(CachedReplies, Protocol):
    """Where replies are kept, such as a run's journal."""

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a reply."""
        ...


class Ledger(ReplyStore, Protocol):
    """A store that also counts what was spent, such as a run's journal."""

    def add_usage(self, usage: Usage) -> None:
        """Count calls that were answered, and their tokens."""
        ...


PendingCalls = WeakValueDictionary[str, asyncio.Lock]
"""The questions that are being asked, by key."""


class BothStores:
    """A run's own store, and that of another run in the same job: what the other has paid for is kept here, too."""

    def __init__(self, own: ReplyStore, others: Sequence[CachedReplies]) -> None:
        self._own, self._others = own, others

    def cached_reply(self, key: str) -> str | None:
        """The reply under a key, of whichever run has it."""
        body = self._own.cached_reply(key)
        if body is None:
            body = next((other for store in self._others if (other := store.cached_reply(key)) is not None), None)
            if body is not None:
                self._own.cache_reply(key, body)
        return body

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a reply in the run's own."""
        self._own.cache_reply(key, body)


class CachedJudge(JudgeMiddleware):
    """Asks the judge within only what it has not answered yet; equal questions at one time are asked once."""

    def __init__(self, inner: Backend, store: ReplyStore, pending: PendingCalls | None = None) -> None:
        super().__init__(inner)
        self._store = store
        self._origin = json.dumps(inner.origin, sort_keys=True)
        self._pending: PendingCalls = WeakValueDictionary() if pending is None else pending

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The kept reply, or a new one, which is kept before it is returned; raises `JudgeError`."""
        key = cache_key("reply", self._origin, _schema(response_model), prompt, sample)
        async with self._pending.setdefault(key, asyncio.Lock()):
            body = self._store.cached_reply(key)
            if body is not None:
                telemetry.metrics.judge_call("kept", 0.0)
                return JudgeReply(widened(response_model).model_validate_json(body))
            reply = await self._inner.reply(prompt, response_model, sample)
            self._store.cache_reply(key, reply.value.model_dump_json())
            return reply

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """One vector per text, kept in single precision; raises `JudgeError`."""
        keys = {text: cache_key("embed", self._origin, text) for text in texts}
        usage = Usage()
        async with AsyncExitStack() as locks:
            for key in sorted(keys.values()):  # in one order, so that no two wait for each other
                await locks.enter_async_context(self._pending.setdefault(key, asyncio.Lock()))
            missing = [text for text, key in keys.items() if self._store.cached_reply(key) is None]
            if missing:
                vectors = await self._inner.embed(missing)
                usage = vectors.usage
                for text, vector in zip(missing, vectors.value, strict=True):
                    self._store.cache_reply(keys[text], base64.b64encode(array.array("f", vector).tobytes()).decode())
        return JudgeReply([self._vector(keys[text]) for text in texts], usage)

    def _vector(self, key: str) -> list[float]:
        body = self._store.cached_reply(key)
        assert body is not None
        return list(array.array("f", base64.b64decode(body)))


class LimitedJudge(JudgeMiddleware):
    """Lets so many calls through at a time, for replies and for vectors."""

    def __init__(self, inner: Backend, gate: asyncio.Semaphore) -> None:
        super().__init__(inner)
        self._gate = gate

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The reply of the judge within, in its turn; raises `JudgeError`."""
        async with self._gate:
            return await self._inner.reply(prompt, response_model, sample)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The vectors of the judge within, in their turn; raises `JudgeError`."""
        async with self._gate:
            return await self._inner.embed(texts)


class FirstContactJudge(JudgeMiddleware):
    """Asks one call at a time until one is answered, and no more where the first ones all end alike."""

    def __init__(self, inner: Backend, answered: Callable[[], None]) -> None:
        super().__init__(inner)
        self._replies, self._vectors = FirstContact("judge", made=answered), FirstContact("judge")

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The reply of the judge within; raises `JudgeError`, and `FirstContactError` to end the run."""
        return await self._replies.call(lambda: self._inner.reply(prompt, response_model, sample))

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The vectors of the judge within; raises as `reply`."""
        return await self._vectors.call(lambda: self._inner.embed(texts))


class TracedJudge(JudgeMiddleware):
    """Has every call of the judge within seen, as a span, in metrics and in log lines, and counts what it cost."""

    def __init__(self, inner: Backend, ledger: Ledger | None = None) -> None:
        super().__init__(inner)
        self._ledger = ledger

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:
        """The reply of the judge within; raises `JudgeError`."""
        with self._call("chat", self.model, response_model.__name__) as count:
            reply = await self._inner.reply(prompt, response_model, sample)
            count(reply.usage)
            return reply

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """The vectors of the judge within; raises `JudgeError`."""
        with self._call("embeddings", self.embedding_model or self.model, "vectors") as count:
            reply = await self._inner.embed(texts)
            count(reply.usage)
            return reply

    @contextmanager
    def _call(self, operation: str, model: str, what: str) -> Iterator[Callable[[Usage], None]]:
        """One call, whose usage is to be counted; that of a call that failed comes with its error."""
        with telemetry.judging(operation, model, what) as record:

            def count(usage: Usage) -> None:
                record(usage)
                if self._ledger is not None and usage.calls:
                    self._ledger.add_usage(usage)

            try:
                yield count
            except ReasonedError as error:
                if error.usage is not None:
                    count(error.usage)
                raise


@functools.cache
def _schema(response_model: type[BaseModel]) -> str:
    return json.dumps([response_model.__name__, response_model.model_json_schema()], sort_keys=True)


def cache_key(*parts: str) -> str:
    """The key under which a reply is kept; another way to make it would have every reply asked for again."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
