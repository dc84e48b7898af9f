"""What the tests of telemetry stand on: nothing switched on by who runs them, and nothing left on after them."""

import logging
import os
from collections.abc import Iterator

import pytest
from support.collecting import Collector

from rag_eval.telemetry import stop_logging
from rag_eval.telemetry.live import LIVE, QUIET


@pytest.fixture(autouse=True)
def _off_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting reaches a test but its own, and none outlives it."""
    for name in tuple(os.environ):
        if name.startswith(("OTEL_", "RAG_EVAL_LOG", "RAG_EVAL_METRICS")):
            monkeypatch.delenv(name)
    quieted = logging.getLogger("opentelemetry")
    level = quieted.level
    yield
    stop_logging()
    quieted.setLevel(level)
    LIVE.tracer, LIVE.instruments, LIVE.level = None, None, QUIET


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """An OTLP endpoint that the environment names."""
    with Collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running
