"""A circuit breaker that pauses instead of failing: a run waits while a service is down, and asks on when it is back.

The states are those of the `circuitbreaker` library: closed, open after so many failures in a row, half open after the
recovery time. What is added is the waiting, that only one request goes out as the probe of a half-open circuit, and an
end of patience.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from circuitbreaker import STATE_CLOSED, CircuitBreaker

from rag_eval.errors import ReasonedError, UnreachableError
from rag_eval.records import Reason

_log = structlog.get_logger()
_LONGEST_NAP = 0.25

Watch = Callable[[str], None]
"""Is told of each new state: `open`, `half_open` or `closed`."""


class Breaker:
    """Counts failures of one service; `ready` before a request, `with breaker.counting()` around it."""

    def __init__(  # noqa: PLR0913 - each is one setting of a service
        self,
        *,
        failures: int,
        recovery: float,
        patience: float,
        name: str,
        settings: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        watch: Watch = lambda _: None,
    ) -> None:
        """`recovery` and `patience` are seconds: until a probe, and until the run is given up.

        `settings` names what bears on a service that does not answer.
        """
        self._circuit = CircuitBreaker(failures, recovery, ReasonedError, name=name)
        self._name, self._patience, self._recovery = name, patience, recovery
        self._settings = {"settings": settings} if settings else {}
        self._sleep, self._clock, self._watch = sleep, clock, watch
        self._probing = False
        self._down_since: float | None = None
        self._answered = self._told = False
        self.opened = 0
        """How often it has opened."""

    @property
    def is_closed(self) -> bool:
        """Whether requests go out freely."""
        return bool(self._circuit.state == STATE_CLOSED)

    async def ready(self) -> bool:
        """Wait until a request may go out; whether it is the probe of a half-open circuit.

        Raises `UnreachableError` when the service has been down for longer than patience lasts.
        """
        while not self.is_closed:
            self._demand_patience()
            if self._circuit.open_remaining <= 0 and not self._probing:
                self._probing = True
                self._watch("half_open")
                return True
            await self._sleep(min(_LONGEST_NAP, self._recovery / 4))  # the library tells whole seconds only
        return False

    def _demand_patience(self) -> None:
        down = self._clock() - self._down_since if self._down_since is not None else 0.0
        if down > self._patience:
            last = self._circuit.last_failure
            raise UnreachableError(f"{self._name} has been failing for {down:.0f} s; last: {last}")

    def counting(self, *, probe: bool) -> "_Counting":
        """A context for one request: what it raises is counted, what it does not raise closes the circuit."""
        return _Counting(self, probe=probe)

    def count(self, error: BaseException | None) -> None:
        """One request has ended."""
        was_closed = self.is_closed
        self._answered = self._answered or error is None
        if error is not None and not self._answered:
            self._tell_at_once(error)
        self._circuit.__exit__(type(error) if error else None, error, None)
        if error is None and self._down_since is not None:
            self._recovered()
        elif error is not None and not self.is_closed:
            self._broke(error, was_closed=was_closed)

    def _tell_at_once(self, error: BaseException) -> None:
        """Say of a service that has never answered what it does instead, before anybody waits for it."""
        if not self._told:
            self._told = True
            tell_of_silence(self._name, error, **self._settings)

    def _recovered(self) -> None:
        assert self._down_since is not None
        _log.warning("the service answers again", service=self._name, down_s=round(self._clock() - self._down_since, 1))
        self._down_since = None
        self._watch("closed")

    def _broke(self, error: BaseException, *, was_closed: bool) -> None:
        self._watch("open")
        if was_closed or self._down_since is None:
            self.opened += 1
            self._down_since = self._clock()
            given_up = datetime.now().astimezone() + timedelta(seconds=self._patience)
            _log.warning(
                "the service fails, asking is paused",
                service=self._name, reason=getattr(error, "reason", ""), recovery_s=self._recovery,
                given_up_after_s=self._patience, until=f"{given_up:%H:%M:%S}",
            )  # fmt: skip

    def probed(self) -> None:
        """The probe has ended, whichever way."""
        self._probing = False


class _Counting:
    """One request under the breaker's eyes."""

    def __init__(self, breaker: Breaker, *, probe: bool) -> None:
        self._breaker, self._probe = breaker, probe

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or is_down(error):
            self._breaker.count(error)
        elif isinstance(error, ReasonedError):  # it was answered, if not as was hoped: the service is up
            self._breaker.count(None)
        if self._probe:
            self._breaker.probed()


def tell_of_silence(service: str, error: BaseException, **settings: str) -> None:
    """Log that a service has not answered yet, and why; the words of a body are none for a log, its status is."""
    reason, status = getattr(error, "reason", ""), getattr(error, "status", None)
    coded = f"{reason} {status}" if status else reason
    why = str(error) if reason in _NO_ANSWER else coded
    _log.warning("the service has not answered yet", service=service, why=why, **settings)


def is_down(error: BaseException) -> bool:
    """Whether an error says that the service is down: no answer, or one with a status of 500 and above."""
    if not isinstance(error, ReasonedError):
        return False
    return error.reason in _NO_ANSWER or (error.status or 0) >= _SERVER_ERROR


_NO_ANSWER = frozenset({Reason.TIMEOUT, Reason.CONNECTION})
_SERVER_ERROR = 500
