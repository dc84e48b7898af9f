"""What the harness tells about itself: logs, OpenTelemetry spans, Prometheus metrics; and what others may not tell.

Everything here costs next to nothing until it is asked for, and nothing here can slow or fail a run: lines and spans
wait in bounded queues for threads of their own, and what does not fit is counted and said at the end.
"""

from rag_eval.telemetry import metrics
from rag_eval.telemetry.live import is_watched
from rag_eval.telemetry.logs import configure_logging, hide, secrets_of, stop_logging
from rag_eval.telemetry.observing import observed
from rag_eval.telemetry.protocols import Kind, RunSpan
from rag_eval.telemetry.spans import span, traceparent
from rag_eval.telemetry.switches import silence
from rag_eval.telemetry.watching import CaseObserver, RunObserver, judging, running, scoring

__all__ = [
    "CaseObserver",
    "Kind",
    "RunObserver",
    "RunSpan",
    "configure_logging",
    "hide",
    "is_watched",
    "judging",
    "metrics",
    "observed",
    "running",
    "scoring",
    "secrets_of",
    "silence",
    "span",
    "stop_logging",
    "traceparent",
]
