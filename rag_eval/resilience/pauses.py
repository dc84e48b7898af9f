"""How long a service is left alone that says that it is asked too often, and does not say until when."""

import time
from collections.abc import Callable

import structlog

_log = structlog.get_logger()

FIRST, LONGEST = 1.0, 60.0
"""Seconds of the first pause, and of one that has grown."""


class Pauses:
    """How long is waited after a 429: longer with each one, shorter with each answer, until patience ends.

    Judges have them; of a target it is the number of requests in flight that is lowered.
    """

    def __init__(self, patience: float, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`patience` are the seconds after which a service that has answered nothing meanwhile is given up."""
        self._patience, self._name, self._clock = patience, name, clock
        self._seconds = 0.0
        self._grown_at = 0.0
        self._longest = 0.0
        self._since: float | None = None

    def refused(self, sent_at: float, after: float | None) -> float | None:
        """Seconds to wait after a refusal of what was sent then, at least those that it names; None to give up."""
        now = self._clock()
        self._since = now if self._since is None else self._since
        if now - self._since >= self._patience:
            return None
        if sent_at >= self._grown_at:  # what was sent before says nothing about the longer pause
            self._seconds = min(LONGEST, max(FIRST, 2 * self._seconds))
            self._grown_at = now
            self._tell(after or self._seconds)
        return after or self._seconds

    def _tell(self, seconds: float) -> None:
        """Say it where the pause is longer than any before: a service that is always busy is no news."""
        if seconds > self._longest:
            self._longest = seconds
            _log.warning(
                "asked too often, asking is paused",
                service=self._name, seconds=seconds, given_up_after_s=self._patience,
            )  # fmt: skip

    def answered(self) -> None:
        """The service has answered."""
        self._since = None
        self._seconds /= 2
