"""What is switched on in a process: nothing, until a run asks for it."""

import logging

from rag_eval.telemetry import logs, metrics, spans
from rag_eval.telemetry.live import LIVE, QUIET, Live


def test_everything_is_off_to_begin_with() -> None:
    """Neither spans, nor counters, nor notes."""
    assert Live() == Live(tracer=None, instruments=None, level=QUIET)
    assert QUIET > logging.CRITICAL


def test_what_is_off_may_be_told_all_the_same() -> None:
    """And comes to nothing."""
    LIVE.tracer, LIVE.instruments, LIVE.level = None, None, QUIET
    metrics.case("scored")
    metrics.queue("asked", lambda: 1 // 0)
    logs.note("nobody hears it")
    with metrics.under_way("questions"), spans.span("nothing", "CHAIN") as span:
        span.failed("x")
