"""What is counted, in prometheus_client's terms. The one place that imports it, and only when asked for."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    start_http_server,
    write_to_textfile,
)

from rag_eval.telemetry import metrics

_TARGET_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
_JUDGE_S = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
_P = "rag_eval_"


class Instruments:
    """Every counter, gauge and histogram of a run, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the number of series
        self.registry = registry = CollectorRegistry()
        self.run = Info(f"{_P}run", "The run that is going on", registry=registry)
        self.planned = Gauge(f"{_P}cases_planned", "Cases to be asked and scored", registry=registry)
        self.cases = Counter(f"{_P}cases", "Cases that came to a state", ["state"], registry=registry)
        self.scores = Counter(f"{_P}scores", "What metrics came to", ["metric", "result", "reason"], registry=registry)
        self.target_calls = Counter(
            f"{_P}target_calls", "Requests to the target", ["outcome", "reason"], registry=registry
        )
        self.target_seconds = Histogram(
            f"{_P}target_call_seconds", "How long they took", ["outcome"], buckets=_TARGET_S, registry=registry
        )
        self.judge_calls = Counter(f"{_P}judge_calls", "Calls of the judge", ["outcome", "reason"], registry=registry)
        self.judge_seconds = Histogram(
            f"{_P}judge_call_seconds", "How long they took", ["outcome"], buckets=_JUDGE_S, registry=registry
        )
        self.judge_tokens = Counter(
            f"{_P}judge_tokens", "Tokens that the judge took", ["kind", "outcome"], registry=registry
        )
        self.under_way = Gauge(f"{_P}in_flight", "What is under way", ["what"], registry=registry)
        self.queues = Gauge(f"{_P}queue_depth", "What waits between two stages", ["queue"], registry=registry)
        self.waits = Counter(f"{_P}waits", "How often was waited", ["why"], registry=registry)
        self.waited_seconds = Counter(f"{_P}waited_seconds", "How long was waited", ["why"], registry=registry)
        self.breaker = Gauge(f"{_P}breaker_state", "1 for the state it is in", ["state"], registry=registry)
        self._begin()

    def _begin(self) -> None:
        """Show what has not happened yet as 0: a series that appears with its first event has no rate before it."""
        for state in sorted(metrics.STATES):
            self.cases.labels(state)
        for what in sorted(metrics.UNDER_WAY):
            self.under_way.labels(what)
        for why in sorted(metrics.WHYS):
            self.waits.labels(why)
            self.waited_seconds.labels(why)
        self.breaker_is("closed")

    def listen(self, host: str, port: int) -> tuple[WSGIServer, threading.Thread]:
        """Show all of it on a port, from a thread; raises `OSError`."""
        return start_http_server(port, host, self.registry)

    def write(self, file: Path) -> None:
        """Put all of it into a file, whole or not at all; raises `OSError`."""
        write_to_textfile(str(file), self.registry)

    def case(self, state: str) -> None:
        """A case has come to a state."""
        self.cases.labels(state).inc()

    def score(self, metric: str, result: str, reason: str) -> None:
        """A metric has come to a result."""
        self.scores.labels(metric, result, reason).inc()

    def move(self, what: str, by: int) -> None:
        """So many more are under way."""
        self.under_way.labels(what).inc(by)

    def queue(self, name: str, depth: Callable[[], int]) -> None:
        """Ask `depth` how long a queue is whenever somebody looks."""
        self.queues.labels(name).set_function(depth)

    def plan(self, cases: int) -> None:
        """So many cases are to be asked."""
        self.planned.set(cases)

    def about(self, facts: Mapping[str, str]) -> None:
        """Which run this is."""
        self.run.info(dict(facts))

    def target_call(self, outcome: str, seconds: float, reason: str) -> None:
        """One request to the target."""
        self.target_calls.labels(outcome, reason).inc()
        self.target_seconds.labels(outcome).observe(seconds)

    def judge_call(self, outcome: str, seconds: float, reason: str, tokens: tuple[int, int]) -> None:
        """One call of the judge; a kept reply took no time."""
        self.judge_calls.labels(outcome, reason).inc()
        if outcome != "kept":
            self.judge_seconds.labels(outcome).observe(seconds)
        for kind, number in zip(("prompt", "completion"), tokens, strict=True):
            if number:
                self.judge_tokens.labels(kind, outcome).inc(number)

    def waited(self, seconds: float, why: str) -> None:
        """One wait."""
        self.waits.labels(why).inc()
        self.waited_seconds.labels(why).inc(seconds)

    def breaker_is(self, state: str) -> None:
        """The breaker's state; one that is not known leaves all at 0."""
        for each in metrics.BREAKER:
            self.breaker.labels(each).set(each == state)
