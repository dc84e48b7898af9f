"""What Locust runs: users who log in, wait, and ask the questions of a plan. The one place that imports it.

Started as `locust -f locustfile.py` with `RAG_EVAL_LOAD_FOLDER` set; see `processes`. Requests are timed and judged
by us and told to Locust, whose console and pages show the same. Locust rounds times to two digits; what is written down
is not rounded.
"""

import math
import os
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from locust import FastHttpUser, LoadTestShape, events, task
from locust.runners import MasterRunner, WorkerRunner

from rag_eval import config
from rag_eval.errors import ReasonedError
from rag_eval.loadtest import plan as plans
from rag_eval.loadtest.client import send
from rag_eval.loadtest.recorder import KEY, Recorder
from rag_eval.loadtest.samples import RequestSample
from rag_eval.loadtest.session import LoginResponse, UserSession
from rag_eval.loadtest.shapes import is_loaded, users_at
from rag_eval.records import DEGRADED, Answer, Case
from rag_eval.resilience import retry_after
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.exchange import HttpExchange
from rag_eval.targets.http.status import TOO_MANY_REQUESTS, UNAUTHORIZED
from rag_eval.targets.http.tls import tls
from rag_eval.targets.http.tokens import TokenReply, TokenRequest

_FOLDER = Path(os.environ["RAG_EVAL_LOAD_FOLDER"])
_PARENT = os.getppid()
_PLAN, _CASES = plans.read(_FOLDER)
_PARTS = plans.parts(_PLAN)
_HOSTS, _END = plans.hosts(_PLAN), plans.end(_PLAN)
_SAMPLED = frozenset(plans.sampled(_PLAN, _CASES))
_LONGEST_PAUSE_S = 60.0
_REPORT_S = 4.0
"""A little more than the three seconds after which workers report."""

_RECORDER = Recorder(_FOLDER, _PLAN)
_LED: dict[str, Any] = {
    "load": _PLAN.load,
    "arrivals": _PLAN.arrivals,
    "respect_limits": _PLAN.respect_limits,
}
"""What a worker is told by its master."""
_WORKERS, _INDEX = [1], [0]
"""How many processes share the rate and the captured times, and which of them this is."""


def _on_init(environment: Any, **_: Any) -> None:
    # Paths in the experiment count from there. Not before: Locust would find settings of its own there.
    os.chdir(_PLAN.cwd)
    gevent.spawn(_end_with_parent, environment)
    if isinstance(environment.runner, WorkerRunner):
        events.report_to_master.add_listener(_RECORDER.report)
        environment.runner.register_message(KEY, _on_workers)
    else:
        events.worker_report.add_listener(_RECORDER.take)
        gevent.spawn(_every_second, environment)


def _end_with_parent(environment: Any) -> None:
    """Nobody may be left to load a service when whoever wanted it has gone."""
    while os.getppid() == _PARENT:
        gevent.sleep(1.0)
    environment.runner.quit()
    os._exit(1)


def _every_second(environment: Any) -> None:
    """Note how many users there are, and write what waits."""
    while True:
        gevent.sleep(1.0)
        if environment.runner.state in ("running", "spawning"):
            _RECORDER.note("users", environment.runner.user_count)
            if isinstance(environment.runner, MasterRunner):
                _RECORDER.note("worker", environment.runner.worker_count)
        _RECORDER.flush()


def _on_start(environment: Any, **_: Any) -> None:
    _RECORDER.began = time.perf_counter()
    if not isinstance(environment.runner, WorkerRunner):
        _RECORDER.note("begun", time.time())
    if isinstance(environment.runner, MasterRunner):  # arrives before the message that users are to be made
        shown = {"load": _PLAN.load.model_dump_json(), "arrivals": _PLAN.arrivals, "limits": _PLAN.respect_limits}
        environment.runner.send_message(KEY, {"workers": environment.runner.worker_count, **shown})


def _on_workers(environment: Any, msg: Any, **_: Any) -> None:
    """Take from whoever leads how long, in which shape and by which limits; what is asked was planned here."""
    _WORKERS[0], _INDEX[0] = max(1, int(msg.data["workers"])), max(0, environment.runner.worker_index)
    _LED.update(
        load=config.LoadConfig.model_validate_json(msg.data["load"]), arrivals=tuple(msg.data["arrivals"]),
        respect_limits=bool(msg.data["limits"]),
    )  # fmt: skip


def _on_cpu(environment: Any, cpu_usage: float, **_: Any) -> None:  # noqa: ARG001
    _RECORDER.note("cpu", cpu_usage)


def _on_quitting(environment: Any, **_: Any) -> None:
    if getattr(environment.runner, "worker_cpu_warning_emitted", False):
        _RECORDER.note("cpu", 100.0)


def _on_quit(**_: Any) -> None:
    """All users have ended, and all workers have reported."""
    _RECORDER.flush()


events.init.add_listener(_on_init)
events.test_start.add_listener(_on_start)
events.cpu_warning.add_listener(_on_cpu)
events.quitting.add_listener(_on_quitting)
events.quit.add_listener(_on_quit)


class PlanShape(LoadTestShape):  # type: ignore[misc]  # Locust has no types worth the name
    """The plan's shape, and an end in good order."""

    def __init__(self) -> None:
        super().__init__()
        self._over = False
        self._alone_since: float | None = None

    def tick(self) -> tuple[int, float] | None:
        """How many users there should be now."""
        return users_at(_PLAN.load, self.get_run_time(), _END) or self._ending()

    def _ending(self) -> tuple[int, float] | None:
        """Let users end what they do, and workers report it: a master that quits waits half a second for them."""
        now = self.get_run_time()
        if not self._over:
            self._over = True
            _RECORDER.note("complete")
        if self.runner.user_count and now < _END + _PLAN.target.timeout + _REPORT_S:
            return 0, _PLAN.load.users
        self._alone_since = self._alone_since or now
        leads = isinstance(self.runner, MasterRunner)
        return (0, _PLAN.load.users) if leads and now < self._alone_since + _REPORT_S else None


class _Pace:
    """The target's rate, kept by all users of this process together; several processes have a part of it each."""

    def __init__(self) -> None:
        self._items = parse_many(_PLAN.target.rate) if _PLAN.target.rate not in (None, "unlimited") else []
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self) -> None:
        """Wait until one more request is allowed."""
        for item in self._items if _LED["respect_limits"] else ():
            amount, stretch = item.amount // _WORKERS[0], 1
            if not amount:  # less than one for each: one, in a longer time
                amount, stretch = 1, math.ceil(_WORKERS[0] / item.amount)
            part = type(item)(amount, item.multiples * stretch)
            while not self._limiter.hit(part, "target"):
                gevent.sleep(0.05)


class _Arrivals:
    """Captured times, handed out one after the other to whichever user is free."""

    def __init__(self) -> None:
        self._due: Iterator[float] | None = None

    def next(self) -> float | None:
        """When the next question is due, in seconds since the start; None when there are no more."""
        if self._due is None:
            self._due = iter(_LED["arrivals"][_INDEX[0] :: _WORKERS[0]])
        due = next(self._due, None)
        return None if due is None else due + _LED["load"].ramp_up


_PACE, _ARRIVALS = _Pace(), _Arrivals()
_EXCHANGES = {part.name: HttpExchange(part.target) for part in _PARTS}
_LOGIN = HttpExchange(_PLAN.target)
_TLS = tls(_PLAN.target.tls)


def _is_replay() -> bool:
    return bool(_LED["load"].shape == "replay")


class Asker(FastHttpUser):  # type: ignore[misc]  # see above
    """Logs in once, then asks, waits, and asks again."""

    host = "http://unused.invalid"  # every URL is whole
    network_timeout = connection_timeout = _PLAN.target.timeout
    max_redirects = 0
    insecure = not _PLAN.target.tls.verify
    ssl_context_factory = staticmethod(lambda: _TLS) if not isinstance(_TLS, bool) else None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._rng = random.Random(f"{_PLAN.seed}|{os.getpid()}|{id(self)}")  # noqa: S311 - no secret
        self._order: list[Case] = []
        self._session = UserSession(_PLAN.target.auth, self._log_in)
        self._pause = 0.0

    def on_start(self) -> None:
        """Come at some moment of the second in which Locust makes a batch of users, and log in."""
        if _LED["load"].ramp_up:
            gevent.sleep(self._rng.uniform(0, 1))
        self._session.present()

    def wait_time(self) -> float:
        """Seconds until the next request: those of the plan, and those that the service asked for."""
        pause, self._pause = self._pause, 0.0
        return pause if _is_replay() else max(pause, self._rng.uniform(*_LED["load"].wait))

    @task  # type: ignore[untyped-decorator]  # see above
    def ask(self) -> None:
        """Ask one question at one endpoint."""
        due = self._due()
        if due is None:
            gevent.sleep(1.0)
            return
        _PACE.wait()
        presented = self._session.present()
        (part,) = self._rng.choices(_PARTS, [part.weight for part in _PARTS])
        if presented is not None:
            self._ask(part, self._case(), presented, due)
        elif _is_replay():
            self._keep(part.name, "POST", due, due, "not_logged_in", b"")

    def _due(self) -> float | None:
        if not _is_replay():
            return _RECORDER.now()
        due = _ARRIVALS.next()
        if due is not None:
            gevent.sleep(max(0.0, due - _RECORDER.now()))
        return due

    def _case(self) -> Case:
        """The next question of this user's own order, so that lengths and topics are as in the dataset."""
        if not self._order:
            self._order = self._rng.sample(_CASES, len(_CASES))
        return self._order.pop()

    def _ask(self, part: plans.LoadedEndpoint, case: Case, presented: Credentials, due: float) -> None:
        exchange = _EXCHANGES[part.name]
        try:
            request = exchange.request(case, presented)
        except ReasonedError as error:
            self._keep(part.name, "POST", due, due, error.reason, b"")
            return
        if request.url.host.lower() not in _HOSTS:
            self._keep(part.name, "POST", due, due, "host_not_allowed", b"")
            return
        if not _is_replay():
            due = _RECORDER.now()  # a login or a wait for the rate is not the service's answer
        sent, asked_at = _RECORDER.now(), time.time()
        came = send(self.client, request, _PLAN.target.timeout, _PLAN.target.max_response_bytes)
        seconds = _RECORDER.now() - sent
        answer = self._answer(part, came.body) if not came.kind and part.answers else Answer()
        kind = came.kind or ("no_answer" if answer is None else "")
        degraded = answer is not None and bool(answer.metadata.get(DEGRADED))
        self._keep(part.name, request.method, due, sent, kind, came.body, degraded=degraded)
        self._heed(came.status, came.headers, presented)
        if part.name == plans.QUERY and not kind and case.id in _SAMPLED and is_loaded(_LED["load"], sent):
            body = exchange.masked(came.body.decode("utf-8", "replace"), presented)
            _RECORDER.answer(case, body, asked_at, seconds)

    def _answer(self, part: plans.LoadedEndpoint, body: bytes) -> Answer | None:
        """The answer in a body; None where there is none."""
        try:
            return _EXCHANGES[part.name].answer(body)
        except ReasonedError:
            return None

    def _heed(self, status: int, headers: Any, presented: Credentials | None = None) -> None:
        if status == UNAUTHORIZED and presented is not None:
            self._session.refused(presented)
        if status == TOO_MANY_REQUESTS and _LED["respect_limits"]:
            self._pause = min(retry_after(headers.get("Retry-After")) or 1.0, _LONGEST_PAUSE_S)

    def _log_in(self, form: TokenRequest) -> LoginResponse:
        sent = _RECORDER.now()
        request = _LOGIN.token_request(form)
        came = send(self.client, request, _PLAN.target.timeout, _PLAN.target.max_response_bytes)
        self._heed(came.status, came.headers)
        reply = TokenReply(0 if came.kind else came.status, came.body, came.headers.get("Retry-After"))
        keep = partial(self._keep, plans.LOGIN, "POST", sent, sent, body=came.body)
        return LoginResponse(reply, came.kind, keep)

    def _keep(
        self, name: str, method: str, due: float, sent: float, kind: str, body: bytes, *, degraded: bool = False
    ) -> None:
        now = _RECORDER.now()
        _RECORDER.sample(RequestSample(due, now - due, name, kind, len(body), sent - due, degraded))
        self.environment.events.request.fire(
            request_type=method, name=name, response_time=(now - due) * 1000, response_length=len(body),
            exception=RuntimeError(kind) if kind else None, context={}, response=None, start_time=time.time(), url=name,
        )  # fmt: skip
