"""What the harness tells about itself, and what its dependencies may not: logs are set up here, telemetry put out.

RAGAs, MLflow, Hugging Face and LangChain each send usage data of their own unless told not to, and most of them read
their switch when they are imported. `silence` therefore runs before any of those imports.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SWITCHES = {
    # RAGAs knows the word `true` only; `1` leaves it on.
    "RAGAS_DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "false",
    # With these set in somebody's shell, LangChain would send every judge prompt to a third party.
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
    # Hubs are asked for updates and file lists unless somebody names a hub dataset; see dataset/sources.
    "HF_UPDATE_DOWNLOAD_COUNTS": "FALSE",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    # GitPython is imported by MLflow and complains on machines without git.
    "GIT_PYTHON_REFRESH": "quiet",
}


def silence(environ: MutableMapping[str, str] | None = None) -> None:
    """Switch off the telemetry of every dependency for this process and its children."""
    (os.environ if environ is None else environ).update(_SWITCHES)


def configure_logging(*, verbose: int = 0, as_json: bool = False) -> None:
    """Send structlog to standard error: warnings, with `verbose` 1 also notes, with 2 everything."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
