"""What stands between the service and its parts: a deadline, three tries, and a circuit breaker.

The tries are tenacity's, the breaker's states those of `circuitbreaker`. Added are what both leave to their user: that
a request that was cancelled says nothing about the part, that one probe at a time goes to a part that was down, and
that nothing is tried beyond the deadline of the request it is for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from rag_eval.staging.errors import Open, PartError, PartRejection, Unreachable

T = TypeVar("T")
State = Literal["closed", "half_open", "open"]
_STATES: dict[str, State] = {STATE_CLOSED: "closed", STATE_HALF_OPEN: "half_open", STATE_OPEN: "open"}

_TRIES = 3
_FIRST_WAIT_S, _LONGEST_WAIT_S, _JITTER_S = 0.1, 2.0, 0.1


class Deadline:
    """When a request must have been answered."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._at = clock() + seconds

    def left(self) -> float:
        """Seconds until then; negative when it is over."""
        return self._at - self._clock()

    def less(self, seconds: float) -> "Deadline":
        """One that comes so much earlier, so that a fallback has time."""
        earlier = Deadline(self.seconds, self._clock)
        earlier._at = self._at - seconds
        return earlier


class Circuit:
    """One part of the service, as those who call it see it."""

    def __init__(
        self,
        name: str,
        *,
        failures: int,
        recovery_s: float,
        timeout_s: float,
        tries: int = _TRIES,
        watch: Callable[[str, State], None] = lambda _, __: None,
    ) -> None:
        """`timeout_s` holds for one try; `watch` is told of each change of state."""
        self.name = name
        self._breaker = CircuitBreaker(failures, recovery_s, PartError, name=name)
        self._timeout_s, self._tries, self._watch = timeout_s, tries, watch
        self._probing = False
        self._told: State = "closed"
        watch(name, "closed")

    @property
    def state(self) -> State:
        """Closed lets requests through, open none, half open one to see whether the part is back."""
        return _STATES[self._breaker.state]

    async def call(
        self,
        once: Callable[[], Awaitable[T]],
        deadline: Deadline,
        *,
        begins: bool = False,
        timeout_s: float | None = None,
    ) -> T:
        """Have the part do something, again after a timeout or a broken connection.

        With `begins`, that it did so is only half of it: `ended` tells how the rest went. `timeout_s` is for one try
        of something that takes longer than what the circuit is made for.

        Raises:
            Unreachable: it gave no answer, three times or until the deadline.
            PartRejection: it answered with an error; not tried again.
            Open: it failed too often just now and was not asked.
        """
        retrying = AsyncRetrying(
            stop=self._stop(deadline, timeout_s := timeout_s or self._timeout_s),
            wait=wait_exponential(_FIRST_WAIT_S, _LONGEST_WAIT_S) + wait_random(0, _JITTER_S),
            retry=retry_if_exception_type(Unreachable),
            reraise=True,
        )
        return await retrying(self._try, once, deadline, timeout_s, begins)

    def ended(self, error: PartError | None) -> None:
        """Tell how something ended that a call had begun."""
        self._count(error, is_probe=False)
        self._tell()

    def _stop(self, deadline: Deadline, timeout_s: float) -> Callable[[RetryCallState], bool]:
        enough = stop_after_attempt(self._tries)
        # Once the circuit is open nobody is asked again: to wait for that would only make the fallback late.
        return lambda outcome: (
            enough(outcome)
            or deadline.left() - outcome.upcoming_sleep < _fair(deadline, timeout_s)
            or self.state == "open"
        )

    async def _try(
        self,
        once: Callable[[], Awaitable[T]],
        deadline: Deadline,
        timeout_s: float,
        begins: bool,  # noqa: FBT001  tenacity passes it on by place
    ) -> T:
        is_probe = self._admit()
        granted = min(timeout_s, deadline.left())
        try:
            async with asyncio.timeout(granted):
                result = await once()
        except TimeoutError as error:
            slow = Unreachable(f"{self.name}: no answer within {granted:.3g} s")
            # Who was given hardly any time because the rest of the request took it all has not failed.
            if granted >= _fair(deadline, timeout_s):
                self._count(slow, is_probe=is_probe)
            raise slow from error
        except PartError as error:
            self._count(error if not isinstance(error, PartRejection) or error.counts else None, is_probe=is_probe)
            raise
        else:
            if is_probe or not begins:
                self._count(None, is_probe=is_probe)
            return result
        finally:
            # A cancelled request comes by here too, and has said nothing about the part.
            self._probing = self._probing and not is_probe
            self._tell()

    def _admit(self) -> bool:
        """Let a request through, or not; whether it is a probe."""
        state = self.state
        if state == "closed":
            return False
        if state == "open" or self._probing:
            raise Open(f"{self.name}: failed too often just now")
        self._probing = True
        self._tell()
        return True

    def _count(self, error: PartError | None, *, is_probe: bool) -> None:
        if not is_probe and self.state != "closed":
            return  # it began before the circuit opened, and tells how the part was then
        self._breaker.__exit__(type(error) if error else None, error, None)

    def _tell(self) -> None:
        if self.state != self._told:
            self._told = self.state
            self._watch(self.name, self._told)


def _fair(deadline: Deadline, timeout_s: float) -> float:
    """The seconds that a try must have had to be called failed: half of what it may take at most."""
    return min(timeout_s, deadline.seconds) / 2
