"""What is logged while a test runs: pytest's own `caplog` is left out, as it looks through all loggers each time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class KeptLogs(logging.Handler):
    """Every record since it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.records = list[logging.LogRecord]()
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, with its text as it is now."""
        self.format(record)
        self.records.append(record)

    @property
    def text(self) -> str:
        """All of them, a line each, with their traces."""
        return "\n".join(map(self.format, self.records))


@contextmanager
def kept_logs(name: str = "", level: str | None = None) -> Iterator[KeptLogs]:
    """Keep what reaches a logger, the root if none is named, at its level or a given one."""
    logger, kept = logging.getLogger(name), KeptLogs()
    before = logger.level
    logger.addHandler(kept)
    if level is not None:
        logger.setLevel(level)
    try:
        yield kept
    finally:
        logger.setLevel(before)
        logger.removeHandler(kept)
