"""What is switched on in this process. All of it is off until a run asks for it."""

import logging
from dataclasses import dataclass

from rag_eval.telemetry.protocols import Counters, SpanMaker

QUIET = 99
"""A log level above all others."""


@dataclass
class Live:
    """Spans, metrics and notes belong to the process: they are told from threads and libraries in between, too."""

    tracer: SpanMaker | None = None
    instruments: Counters | None = None
    level: int = QUIET
    """From which level on `logs.note` and `logs.detail` say anything."""


LIVE = Live()


def is_watched() -> bool:
    """Whether anything is told of each call and each score as it is made."""
    return LIVE.tracer is not None or LIVE.instruments is not None or LIVE.level <= logging.INFO
