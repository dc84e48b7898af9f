"""What a command switches on before a run, and off after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_eval.telemetry import metrics
from rag_eval.telemetry.exposing import exposed
from rag_eval.telemetry.logs import Format, configure_logging, stop_logging


@contextmanager
def observed(
    *,
    verbose: int = 0,
    log_format: Format = "console",
    metrics_port: int | None = None,
    metrics_file: Path | None = None,
) -> Iterator[str | None]:
    """Logs and metrics for as long as the block lasts; gives the URL of the metrics if there is one.

    Raises `UsageError` before the block for a port that cannot be used, or a library that is not there.
    """
    writer = configure_logging(verbose=verbose, as_json=log_format == "json")
    try:
        with exposed(metrics_port, metrics_file) as url:
            metrics.queue("log_lines", writer.waiting)
            yield url
    finally:
        stop_logging()
