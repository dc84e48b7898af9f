"""What is switched on in this process. All of it is off until a run asks for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_eval.telemetry.otel import Tracer
    from rag_eval.telemetry.prometheus import Instruments

QUIET = 99
"""A log level above all others."""


@dataclass
class Live:
    """Spans, metrics and notes belong to the process: they are told from threads and libraries in between, too."""

    tracer: "Tracer | None" = None
    instruments: "Instruments | None" = None
    level: int = QUIET
    """From which level on `logs.note` and `logs.detail` say anything."""


LIVE = Live()
