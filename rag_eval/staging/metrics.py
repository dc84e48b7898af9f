"""Numbers for Prometheus. Every label has a handful of values: what users send never becomes one.

Requests are counted by prometheus-fastapi-instrumentator, by route and not by path; the rest is ours. With several
workers (`PROMETHEUS_MULTIPROC_DIR`) each scrape adds up all of them.
"""

import os
from typing import Literal

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_fastapi_instrumentator import Instrumentator

from rag_eval.staging.circuits import State
from rag_eval.staging.writer import TokenUsage

Looked = Literal["hit", "miss", "stale", "bypass"]
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_STATES: dict[State, int] = {"closed": 0, "half_open": 1, "open": 2}


class Metrics:
    """One application's numbers."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._tokens = Counter(
            "rag_llm_tokens", "Tokens, as the endpoint counts them.", ["model", "operation", "direction"],
            registry=registry,
        )  # fmt: skip
        self._retrieval = Histogram(
            "rag_retrieval_seconds", "Finding passages.", ["retriever"], buckets=_BUCKETS, registry=registry
        )
        self._cache = Counter("rag_cache_requests", "Looks into the answer cache.", ["result"], registry=registry)
        self._breaker = Gauge(
            "rag_breaker_state", "0 closed, 1 half open, 2 open; the worst of all workers.", ["part"],
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        self._fallbacks = Counter("rag_fallbacks", "Requests answered without a part.", ["part"], registry=registry)
        self._limited = Counter("rag_limited", "Requests over a limit.", ["scope"], registry=registry)
        self._indexed = Counter("rag_documents_indexed", "Uploaded documents.", ["result"], registry=registry)
        self._log_lost = Counter("rag_log_lines_lost", "Log lines that nobody wrote in time.", registry=registry)

    def watch(self, app: FastAPI) -> None:
        """Count requests to an application, but for those that ask how it is."""
        Instrumentator(excluded_handlers=["^/metrics$", "^/health$", "^/ready$"], registry=self.registry).instrument(
            app
        )

    def spent(self, model: str, operation: Literal["chat", "embeddings"], usage: TokenUsage) -> None:
        """Count the tokens of a call; the model is one that the settings name."""
        self._tokens.labels(model, operation, "input").inc(usage.input)
        self._tokens.labels(model, operation, "output").inc(usage.output)

    def retrieved(self, retriever: Literal["bm25", "qdrant"], seconds: float) -> None:
        """Count a retrieval."""
        self._retrieval.labels(retriever).observe(seconds)

    def looked(self, result: Looked) -> None:
        """Count a look into the cache."""
        self._cache.labels(result).inc()

    def breaker(self, part: str, state: State) -> None:
        """Note a breaker's state."""
        self._breaker.labels(part).set(_STATES[state])

    def fallback(self, part: str) -> None:
        """Count a request that went on without a part."""
        self._fallbacks.labels(part).inc()

    def limited(self, scope: str) -> None:
        """Count a request that was over a limit."""
        self._limited.labels(scope).inc()

    def indexed(self, result: Literal["indexed", "failed"]) -> None:
        """Count a document."""
        self._indexed.labels(result).inc()

    def log_lost(self, lines: int) -> None:
        """Count log lines that were dropped."""
        self._log_lost.inc(lines)

    def exposed(self) -> Response:
        """Everything in Prometheus' text format, of all workers."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
