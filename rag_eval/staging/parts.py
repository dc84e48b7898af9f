"""What a service is made of, put together by its settings and let go of at its end."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rag_eval.staging import qdrant, tracing
from rag_eval.staging.accounts import Accounts, Tokens, ensure
from rag_eval.staging.answers import Extractor
from rag_eval.staging.cache import Cache, MemoryCache, RedisCache, redis_client
from rag_eval.staging.circuits import Circuit, Deadline
from rag_eval.staging.corpus import default_corpus, read_passages
from rag_eval.staging.errors import PartError
from rag_eval.staging.indexing import Indexing
from rag_eval.staging.limits import RequestLimits
from rag_eval.staging.logs import Logs
from rag_eval.staging.metrics import Metrics
from rag_eval.staging.profiles import profile_named
from rag_eval.staging.retrieval import Bm25, Retriever
from rag_eval.staging.settings import Settings
from rag_eval.staging.store import ServiceStore
from rag_eval.staging.tracing import Tracing
from rag_eval.staging.wire import Part, PartState
from rag_eval.staging.writer import AnswerWriter, ChatWriter, EndpointEmbedder

_REDIS_TRIES = 2
_VECTORS_TIMEOUT_S = 5.0
_STATES: dict[str, PartState] = {"closed": "ok", "half_open": "probing", "open": "down"}


@dataclass(frozen=True)
class Parts:
    """Everything that the routes work with; one for each application."""

    settings: Settings
    store: ServiceStore
    accounts: Accounts
    tokens: Tokens
    bm25: Bm25
    vectors: Retriever | None
    extractor: Extractor
    writer: AnswerWriter | None
    cache: Cache
    circuits: dict[Part, Circuit]
    limits: RequestLimits
    tracing: Tracing
    metrics: Metrics
    indexing: Indexing
    closing: AsyncExitStack

    async def states(self) -> dict[Part, PartState]:
        """Say of each part how it is; Redis is asked, of the others their breakers tell."""
        circuit = self.circuits.get("redis")
        if circuit is not None:
            try:
                await circuit.call(
                    lambda: self.cache.get("ping"), Deadline(self.settings.redis_timeout_s * _REDIS_TRIES)
                )
            except PartError:
                return self._told() | {"redis": "down"}
        return self._told()

    def _told(self) -> dict[Part, PartState]:
        parts: tuple[Part, ...] = ("llm", "retrieval", "redis")
        return {part: _STATES[self.circuits[part].state] if part in self.circuits else "off" for part in parts}


def build(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    writer: AnswerWriter | None = None,
    vectors: Retriever | None = None,
    logs: Logs | None = None,
) -> Parts:
    """Read and index the pages and put the service together; `writer` and `vectors` stand in for the settings' own.

    `logs` are entered here and left when all else is closed.

    Raises:
        CorpusError: the pages cannot be read.
        SettingsError: the data folder cannot be used.
    """
    closing, metrics = AsyncExitStack(), Metrics()
    if logs is not None:
        logs.lost = metrics.log_lost
        closing.push(logs.__enter__().__exit__)
    corpus = read_passages(settings.corpus or default_corpus())
    profile = profile_named(settings.profile)
    store = ServiceStore(settings.data, clock)
    if settings.username is not None and settings.password is not None:
        ensure(store, settings.username, settings.password.get_secret_value())
    telling = tracing.connect(content=settings.trace_content)
    bm25 = Bm25(corpus, store, profile)

    writer = writer or _writer(settings)
    if vectors is None and settings.uses_qdrant:
        embedder = _embedder(settings, metrics, closing)
        vectors = qdrant.connect(settings, corpus, profile, embedder)
    circuits = _circuits(settings, metrics, llm=writer is not None, retrieval=vectors is not None)
    cache: Cache = RedisCache(redis_client(settings.redis)) if settings.redis else MemoryCache(clock)
    limits = RequestLimits(settings.redis, circuits.get("redis"), metrics.limited)
    indexing = Indexing(
        store, bm25, vectors, circuits.get("retrieval"), most=settings.documents, tracing=telling, metrics=metrics
    )

    # Let go of in the opposite order: what is still being indexed needs all the rest.
    closing.callback(telling.close)
    closing.callback(store.close)
    for part in (bm25, cache, limits, vectors, writer, indexing):
        if part is not None:
            closing.push_async_callback(part.aclose)
    return Parts(
        settings=settings, store=store, accounts=Accounts(store), tokens=Tokens(settings, clock), bm25=bm25,
        vectors=vectors, extractor=Extractor(corpus), writer=writer, cache=cache, circuits=circuits, limits=limits,
        tracing=telling, metrics=metrics, indexing=indexing, closing=closing,
    )  # fmt: skip


def _writer(settings: Settings) -> ChatWriter | None:
    if settings.llm_model is None:
        return None
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    return ChatWriter(str(settings.llm_base_url), settings.llm_model, key)


def _embedder(settings: Settings, metrics: Metrics, closing: AsyncExitStack) -> EndpointEmbedder | None:
    if settings.embeddings_model is None:
        return None
    key = settings.embeddings_api_key.get_secret_value() if settings.embeddings_api_key else None
    embedder = EndpointEmbedder(
        str(settings.embeddings_base_url),
        settings.embeddings_model,
        key,
        lambda model, usage: metrics.spent(model, "embeddings", usage),
    )
    closing.push_async_callback(embedder.aclose)
    return embedder


def _circuits(settings: Settings, metrics: Metrics, *, llm: bool, retrieval: bool) -> dict[Part, Circuit]:
    """A circuit around each part that is outside of this process."""

    def circuit(name: Part, timeout_s: float, tries: int = 3) -> Circuit:
        """One of them."""
        failures, recovery_s = settings.breaker_failures, settings.breaker_recovery_s
        return Circuit(
            name, failures=failures, recovery_s=recovery_s, timeout_s=timeout_s, tries=tries, watch=metrics.breaker
        )

    circuits: dict[Part, Circuit] = {}
    if llm:
        circuits["llm"] = circuit("llm", settings.llm_timeout_s)
    if retrieval:
        circuits["retrieval"] = circuit("retrieval", _VECTORS_TIMEOUT_S)
    if settings.redis:
        # It stands in the way of every request, and can be done without: less patience than with the others.
        circuits["redis"] = circuit("redis", settings.redis_timeout_s, _REDIS_TRIES)
    return circuits
