"""From a question to an answer: find, write, and what stands in where a part is away. The file to read first."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rag_eval.staging.answers import Extract
from rag_eval.staging.cache import CachedAnswer, key_of
from rag_eval.staging.circuits import Deadline
from rag_eval.staging.errors import Open, PartError, PartRejection, Unreachable
from rag_eval.staging.logs import get_logger
from rag_eval.staging.parts import Parts
from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.tracing import AnswerSpan
from rag_eval.staging.wire import Part
from rag_eval.staging.writer import AnswerWriter, TokenUsage, WrittenAnswer

T = TypeVar("T")

_log = get_logger(__name__)
_RESERVE_S = 0.25
"""What is left of a deadline for the fallback; a tenth of a short one."""


@dataclass(frozen=True)
class PendingQuery:
    """A question, and for whom until when."""

    query: str
    k: int
    user: str
    deadline: Deadline
    fresh: bool = False
    """Whether an answer that was written before will not do."""


@dataclass
class Outcome:
    """What came of it; grows while it is worked on."""

    hits: list[RetrievedPassage] = field(default_factory=list)
    extract: Extract = field(default_factory=lambda: Extract("", 0.0))
    answer: str = ""
    degraded: set[Part] = field(default_factory=set)
    cached: bool = False


class QueryService:
    """Answers questions with the parts it is given."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = time.time) -> None:
        """A written answer is given again for as long as the settings say; `clock` tells the seconds since 1970."""
        self._parts, self._cache_ttl_s, self._clock = parts, parts.settings.cache_ttl_s, clock

    async def ask(self, asked: PendingQuery) -> Outcome:
        """Answer, before the deadline and whatever part is away."""
        with self._parts.tracing.answering(asked.query) as span:
            outcome = Outcome()
            await self._find(asked, outcome)
            if self._parts.writer is not None and outcome.hits:
                await self._written(asked, self._parts.writer, outcome)
            span.answer(outcome.answer)
            span.degraded(sorted(outcome.degraded))
            return outcome

    async def stream(self, asked: PendingQuery, outcome: Outcome) -> AsyncGenerator[str]:
        """Yield an answer in pieces and note all else in `outcome`, whose answer is whole at the end.

        Raises:
            PartError: the model broke off in the middle; before its first piece, a fallback is yielded instead.
        """
        with self._parts.tracing.answering(asked.query) as span:
            await self._find(asked, outcome)
            if self._parts.writer is None or not outcome.hits:
                yield outcome.answer
            else:
                async with aclosing(self._streamed(asked, self._parts.writer, outcome)) as pieces:
                    async for piece in pieces:
                        yield piece
            span.answer(outcome.answer)
            span.degraded(sorted(outcome.degraded))

    async def _find(self, asked: PendingQuery, outcome: Outcome) -> None:
        """Find passages, and the sentences in them that answer; BM25 stands in for the vector store."""
        began = time.perf_counter()
        with self._parts.tracing.retrieval(asked.query, asked.k) as span:
            outcome.hits = await self._hits(asked, outcome)
            span.hits(outcome.hits)
        away = self._parts.vectors is None or "retrieval" in outcome.degraded
        self._parts.metrics.retrieved("bm25" if away else "qdrant", time.perf_counter() - began)
        outcome.extract = self._parts.extractor.extract(asked.query, outcome.hits)
        outcome.answer = outcome.extract.text

    async def _hits(self, asked: PendingQuery, outcome: Outcome) -> list[RetrievedPassage]:
        vectors = self._parts.vectors
        if vectors is not None:
            try:
                return await self._parts.circuits["retrieval"].call(
                    lambda: vectors.search(asked.query, asked.k, asked.user), _reserving(asked.deadline)
                )
            except PartError as error:
                self._fall_back("retrieval", error, outcome)
        return await self._parts.bm25.search(asked.query, asked.k, asked.user)

    async def _written(self, asked: PendingQuery, writer: AnswerWriter, outcome: Outcome) -> None:
        """Have the model answer; an earlier answer stands in for it, else the sentences that were found."""
        contexts = [hit.passage.text for hit in outcome.hits]
        key = key_of(writer.model, asked.query, contexts)
        kept = await self._look(key, asked, outcome)
        if kept is not None and self._serves(kept, asked, outcome):
            return
        try:
            written = await self._write(asked, writer, contexts)
        except PartError as error:
            self._stand_in(kept, error, outcome)
        else:
            outcome.answer = written.text
            await self._keep(key, written.text, asked, outcome)

    async def _write(self, asked: PendingQuery, writer: AnswerWriter, contexts: Sequence[str]) -> WrittenAnswer:
        with self._parts.tracing.generation(writer.model, asked.query) as span:
            with _failing(span):
                written = await self._parts.circuits["llm"].call(
                    lambda: writer.write(asked.query, contexts), _reserving(asked.deadline)
                )
            self._spent(writer, written.usage, span)
            span.answer(written.text)
            return written

    async def _streamed(self, asked: PendingQuery, writer: AnswerWriter, outcome: Outcome) -> AsyncGenerator[str]:
        """The same in pieces. Once the first one is out nothing can stand in: what breaks off then is an error."""
        contexts = [hit.passage.text for hit in outcome.hits]
        key = key_of(writer.model, asked.query, contexts)
        kept = await self._look(key, asked, outcome)
        if kept is not None and self._serves(kept, asked, outcome):
            yield outcome.answer
            return
        with self._parts.tracing.generation(writer.model, asked.query) as span:
            try:
                with _failing(span):
                    begun, pieces = await self._parts.circuits["llm"].call(
                        lambda: _begun(writer.stream(asked.query, contexts)), _reserving(asked.deadline), begins=True
                    )
            except PartError as error:
                self._stand_in(kept, error, outcome)
                yield outcome.answer
                return
            outcome.answer = ""
            async with aclosing(pieces):
                while begun:
                    piece = begun.pop(0)
                    if isinstance(piece, TokenUsage):
                        self._spent(writer, piece, span)
                    else:
                        outcome.answer += piece
                        yield piece
                    more = await self._more(pieces, asked, span)
                    begun += [more] if more is not None else []
            span.answer(outcome.answer)
        await self._keep(key, outcome.answer, asked, outcome)

    async def _more(
        self, pieces: AsyncGenerator[str | TokenUsage], asked: PendingQuery, span: AnswerSpan
    ) -> str | TokenUsage | None:
        """The next piece; None at the end. How it ended is told to the circuit, which was told of the first piece."""
        circuit = self._parts.circuits["llm"]
        try:
            with _failing(span):
                more = await _next(pieces, asked.deadline)
        except PartError as error:
            circuit.ended(error)
            raise
        if more is None:
            circuit.ended(None)
        return more

    def _serves(self, kept: CachedAnswer, asked: PendingQuery, outcome: Outcome) -> bool:
        """Whether an earlier answer will do; then it is the outcome's."""
        is_young = self._clock() - kept.at < self._cache_ttl_s
        self._parts.metrics.looked("bypass" if asked.fresh else "hit" if is_young else "stale")
        if asked.fresh or not is_young:
            return False
        outcome.answer, outcome.cached = kept.answer, True
        return True

    def _spent(self, writer: AnswerWriter, usage: TokenUsage, span: AnswerSpan) -> None:
        self._parts.metrics.spent(writer.model, "chat", usage)
        span.usage(usage)

    async def _look(self, key: str, asked: PendingQuery, outcome: Outcome) -> CachedAnswer | None:
        cache = self._parts.cache
        if not self._cache_ttl_s:
            return None
        try:
            kept = await self._with_redis(lambda: cache.get(key), asked.deadline)
        except PartError as error:
            self._fall_back("redis", error, outcome)
            return None
        if kept is None:
            self._parts.metrics.looked("miss")
        return kept

    async def _keep(self, key: str, answer: str, asked: PendingQuery, outcome: Outcome) -> None:
        cache, kept = self._parts.cache, CachedAnswer(answer, self._clock())
        if not self._cache_ttl_s:
            return
        try:
            await self._with_redis(lambda: cache.put(key, kept), asked.deadline)
        except PartError as error:
            self._fall_back("redis", error, outcome)

    async def _with_redis(self, once: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        circuit = self._parts.circuits.get("redis")
        return await (once() if circuit is None else circuit.call(once, deadline))

    def _stand_in(self, kept: CachedAnswer | None, error: PartError, outcome: Outcome) -> None:
        self._fall_back("llm", error, outcome)
        if kept is not None:
            outcome.answer, outcome.cached = kept.answer, True

    def _fall_back(self, part: Part, error: PartError, outcome: Outcome) -> None:
        if part not in outcome.degraded:
            outcome.degraded.add(part)
            self._parts.metrics.fallback(part)
        if not isinstance(error, Open):  # that it was not asked is no news
            _log.warning("part failed", part=part, reason=str(error))


def _reserving(deadline: Deadline) -> Deadline:
    return deadline.less(min(_RESERVE_S, deadline.seconds / 10))


async def _begun(
    pieces: AsyncGenerator[str | TokenUsage],
) -> tuple[list[str | TokenUsage], AsyncGenerator[str | TokenUsage]]:
    """Wait for the first text: until then a stream may be begun again, or something else stand in."""
    begun: list[str | TokenUsage] = []
    async for piece in pieces:
        begun.append(piece)
        if isinstance(piece, str):
            return begun, pieces
    raise PartRejection("the model wrote nothing")


async def _next(pieces: AsyncGenerator[str | TokenUsage], deadline: Deadline) -> str | TokenUsage | None:
    try:
        async with asyncio.timeout(max(0.0, deadline.left())):
            return await anext(pieces, None)
    except TimeoutError as error:
        raise Unreachable("the answer did not end in time") from error


@contextmanager
def _failing(span: AnswerSpan) -> Iterator[None]:
    """Tell a span of what fails in it."""
    try:
        yield
    except PartError as error:
        span.failed(error.kind)
        raise
