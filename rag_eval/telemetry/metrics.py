"""What a run counts for Prometheus. Each function does nothing until a port or a file was asked for.

Labels are taken from closed sets, and what is in none of them is `other`: no question, user or case ever makes a
series of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from rag_eval.records import Reason
from rag_eval.telemetry.live import LIVE
from rag_eval.telemetry.protocols import Counters

OTHER = "other"
OUTCOMES = frozenset({"answered", "failed", "kept"})
"""Of a target or judge call; `kept` came out of the journal and cost nothing."""
STATES = frozenset({"answered", "unanswered", "scored", "part_failed"})
"""Of a case: with or without an answer, then scored by every metric that applies, or with a failure among them."""
BREAKER = ("closed", "half_open", "open")
WHYS = frozenset({"rate", "breaker", "retry_after", "backoff", "place"})
"""What is waited for: an allowed rate, a service that is down, a service that named a time, a retry, one's turn."""
UNDER_WAY = frozenset({"questions", "target_calls", "judge_calls", "scoring"})
QUEUES = frozenset({"asked", "answered", "log_lines"})
RESULTS = frozenset({"score", "not_applicable", "failure"})
REASONS = frozenset({"", *Reason})


_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)


@contextmanager
def question() -> Iterator[list[str]]:
    """The outcomes of the target calls that were counted in this block."""
    outcomes: list[str] = []
    token = _counted.set(outcomes)
    try:
        yield outcomes
    finally:
        _counted.reset(token)


def known(value: str, allowed: frozenset[str]) -> str:
    """The value if it is one of those, else `other`."""
    return value if value in allowed else OTHER


def case(state: str) -> None:
    """A case has come to one of `STATES`."""
    if LIVE.instruments is not None:
        LIVE.instruments.case(known(state, STATES))


def target_call(outcome: str, seconds: float, reason: str = "") -> None:
    """One request to the target has ended, `answered` or `failed` for a reason, after so many seconds.

    A target that never says so is counted once a question by whoever asks it.
    """
    counted = _counted.get()
    if counted is not None:
        counted.append(outcome)
    if LIVE.instruments is not None:
        LIVE.instruments.target_call(known(outcome, OUTCOMES), seconds, known(reason, REASONS))


def judge_call(outcome: str, seconds: float, reason: str = "", tokens: tuple[int, int] = (0, 0)) -> None:
    """One call of the judge has ended; `tokens` are those of the prompts and of the completions it took."""
    if LIVE.instruments is not None:
        LIVE.instruments.judge_call(known(outcome, OUTCOMES), seconds, known(reason, REASONS), tokens)


def score(metric: str, result: str, reason: str = "") -> None:
    """A metric has come to one of `RESULTS`; its name is one of the experiment's."""
    if LIVE.instruments is not None:
        LIVE.instruments.score(metric, known(result, RESULTS), known(reason, REASONS))


def breaker(state: str) -> None:
    """The circuit breaker is now `closed`, `half_open` or `open`."""
    if LIVE.instruments is not None:
        LIVE.instruments.breaker_is(state)


def waited(seconds: float, why: str) -> None:
    """So many seconds were waited, for one of `WHYS`."""
    if LIVE.instruments is not None and seconds > 0:
        LIVE.instruments.waited(seconds, known(why, WHYS))


def under_way(what: str) -> AbstractContextManager[None]:
    """One more of `UNDER_WAY` for as long as the block lasts."""
    return _UNCOUNTED if LIVE.instruments is None else _moved(LIVE.instruments, what)


_UNCOUNTED = nullcontext()


@contextmanager
def _moved(counters: Counters, what: str) -> Iterator[None]:
    counters.move(known(what, UNDER_WAY), 1)
    try:
        yield
    finally:
        counters.move(known(what, UNDER_WAY), -1)


def queue(name: str, depth: Callable[[], int]) -> None:
    """Ask `depth` how long one of `QUEUES` is whenever somebody looks."""
    if LIVE.instruments is not None:
        LIVE.instruments.queue(known(name, QUEUES), depth)


def planned(cases: int) -> None:
    """So many cases are to be asked and scored."""
    if LIVE.instruments is not None:
        LIVE.instruments.plan(cases)


def about(**facts: str) -> None:
    """Which run this is."""
    if LIVE.instruments is not None:
        LIVE.instruments.about(facts)
