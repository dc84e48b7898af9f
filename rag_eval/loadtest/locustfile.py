"""What Locust runs: users who log in, wait, and ask the questions of a plan. The one place that imports it.

Started as `locust -f locustfile.py` with `RAG_EVAL_LOAD_FOLDER` set; see `generating`. Requests are timed and judged
here and told to Locust, whose console and pages show the same. Locust rounds times to two digits; what is written down
is not rounded.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import gevent
import httpx2
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from locust import FastHttpUser, LoadTestShape, events, task
from locust.runners import MasterRunner, WorkerRunner

from rag_eval import config
from rag_eval.errors import ReasonedError
from rag_eval.loadtest import plan as plans
from rag_eval.loadtest.samples import ANSWERS, SAMPLES, Sample
from rag_eval.loadtest.session import Session
from rag_eval.loadtest.shapes import users_at
from rag_eval.records import DEGRADED, Answer, Case
from rag_eval.resilience import retry_after
from rag_eval.targets.http.composing import Composer, tls
from rag_eval.targets.http.credentials import Presented
from rag_eval.targets.http.pieces import whole
from rag_eval.targets.http.selecting import Selection, Timing

_FOLDER = Path(os.environ["RAG_EVAL_LOAD_FOLDER"])
_PLAN, _CASES = plans.read(_FOLDER)
os.chdir(_PLAN.cwd)  # where paths in the experiment count from; Locust itself must not find its settings there
_PARTS = plans.parts(_PLAN)
_ACCEPTED = range(200, 300)
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_LONGEST_PAUSE_S = 60.0
_KEY = "rag_eval"
_REPORT_S = 4.0
"""A little more than the three seconds after which workers report."""


class _Recorder:
    """Writes lines; a worker sends them to its master, which writes them."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.runner: Any = None
        self.workers = 1
        """Processes that share the rate and the captured times."""
        self._waiting: dict[str, list[str]] = {SAMPLES: [], ANSWERS: []}
        self._kept: set[str] = set()
        self._others: set[str] = set()

    def now(self) -> float:
        """Seconds since the start of the test."""
        return time.perf_counter() - self.began

    def sample(self, sample: Sample) -> None:
        """Keep a request."""
        self._waiting[SAMPLES].append(
            plans.dump_line([round(part, 5) if isinstance(part, float) else part for part in sample])
        )

    def note(self, what: str, value: float = 0.0) -> None:
        """Keep something else that happened."""
        self._waiting[SAMPLES].append(plans.dump_line({"what": what, "value": value, "at": round(self.now(), 3)}))

    def answer(self, case: Case, body: str, asked_at: float, seconds: float) -> None:
        """Keep the answer to a case, if it is the first one and few are kept."""
        if case.id not in self._kept and len(self._kept) < _PLAN.load.sample:
            self._kept.add(case.id)
            line = {"case": case.id, "body": body, "asked_at": asked_at, "seconds": round(seconds, 5)}
            self._waiting[ANSWERS].append(plans.dump_line(line))

    def report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002  Locust names it
        """Hand over what waits."""
        data[_KEY] = {"plan": _PLAN.fingerprint, **{name: "".join(lines) for name, lines in self._waiting.items()}}
        self._waiting = {name: [] for name in self._waiting}

    def take(self, client_id: str, data: dict[str, Any]) -> None:
        """Take what a worker handed over; whether it does what is planned here."""
        said = data.get(_KEY) or {}
        if said.get("plan") != _PLAN.fingerprint and client_id not in self._others:
            self._others.add(client_id)
            self.note("other plan")
        for name in self._waiting:
            self._waiting[name].append(said.get(name, ""))
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        for name, lines in self._waiting.items():
            if lines:
                with (_FOLDER / name).open("a", encoding="utf-8") as file:
                    file.write("".join(lines))
                self._waiting[name] = []


_RECORDER = _Recorder()


def _on_init(environment: Any, **_: Any) -> None:
    _RECORDER.runner = environment.runner
    if isinstance(environment.runner, WorkerRunner):
        events.report_to_master.add_listener(_RECORDER.report)
        environment.runner.register_message(_KEY, _on_workers)
    else:
        events.worker_report.add_listener(_RECORDER.take)
        gevent.spawn(_every_second, environment)


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
        environment.runner.send_message(_KEY, environment.runner.worker_count)


def _on_workers(environment: Any, msg: Any, **_: Any) -> None:  # noqa: ARG001
    _RECORDER.workers = max(1, int(msg.data))


def _on_cpu(environment: Any, cpu_usage: float, **_: Any) -> None:  # noqa: ARG001
    _RECORDER.note("cpu", cpu_usage)


def _on_quit(environment: Any, **_: Any) -> None:
    if not isinstance(environment.runner, WorkerRunner):
        if getattr(environment.runner, "worker_cpu_warning_emitted", False):
            _RECORDER.note("cpu", 100.0)
        _RECORDER.note("ended")
        _RECORDER.flush()


events.init.add_listener(_on_init)
events.test_start.add_listener(_on_start)
events.cpu_warning.add_listener(_on_cpu)
events.quitting.add_listener(_on_quit)


class Shape(LoadTestShape):  # type: ignore[misc]  # Locust has no types worth the name
    """The plan's shape, and an end in good order."""

    def __init__(self) -> None:
        super().__init__()
        self._alone_since: float | None = None

    def tick(self) -> tuple[int, float] | None:
        """How many users there should be now."""
        return users_at(_PLAN.load, self.get_run_time()) or self._ending()

    def _ending(self) -> tuple[int, float] | None:
        """Let users end what they do, and workers report it: a master that quits waits half a second for them."""
        now = self.get_run_time()
        if self.runner.user_count and now < _PLAN.load.duration + _PLAN.target.timeout + _REPORT_S:
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
        for item in self._items if _PLAN.respect_limits else ():
            part = type(item)(max(1, item.amount // _RECORDER.workers), item.multiples)
            while not self._limiter.hit(part, "target"):
                gevent.sleep(0.05)


class _Arrivals:
    """Captured times, handed out one after the other to whichever user is free."""

    def __init__(self) -> None:
        self._due: Iterator[float] | None = None

    def next(self) -> float | None:
        """When the next question is due, in seconds since the start; None when there are no more."""
        if self._due is None:
            index = getattr(_RECORDER.runner, "worker_index", 0)
            self._due = iter(_PLAN.arrivals[max(0, index) :: _RECORDER.workers])
        return next(self._due, None)


_PACE, _ARRIVALS = _Pace(), _Arrivals()
_BUILDING = httpx2.AsyncClient(trust_env=False)  # builds requests and sends none
_COMPOSERS = {part.name: Composer(part.target) for part in _PARTS}
_SELECTION = Selection(_PLAN.target.select)
_TLS = tls(_PLAN.target.tls)


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
        self._session = Session(_PLAN.target.auth, self._log_in)
        self._pause = 0.0

    def wait_time(self) -> float:
        """Seconds until the next request: those of the plan, and those that the service asked for."""
        pause, self._pause = self._pause, 0.0
        return pause if _PLAN.load.shape == "replay" else max(pause, self._rng.uniform(*_PLAN.load.wait))

    @task  # type: ignore[untyped-decorator]  # see above
    def ask(self) -> None:
        """Ask one question at one endpoint."""
        due = self._due()
        if due is None:
            gevent.sleep(1.0)
            return
        _PACE.wait()
        presented = self._session.present()
        if presented is not None:
            (part,) = self._rng.choices(_PARTS, [part.weight for part in _PARTS])
            self._ask(part, self._case(), presented, due)

    def _due(self) -> float | None:
        if _PLAN.load.shape != "replay":
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

    def _ask(self, part: plans.Part, case: Case, presented: Presented, due: float) -> None:
        fields = {**case.model_dump(), "session": None, "history": []}
        try:
            request = _COMPOSERS[part.name].request(_BUILDING, fields, presented)
        except ReasonedError as error:
            self._keep(part.name, "POST", due, due, error.reason, b"")
            return
        if _PLAN.load.shape != "replay":
            due = _RECORDER.now()  # a login or a wait for the rate is not the service's answer
        sent, asked_at = _RECORDER.now(), time.time()
        status, body, kind, headers = self._send(request)
        said = self._said(part, body) if not kind and part.answers else Answer()
        kind = kind or ("no_answer" if said is None else "")
        degraded = said is not None and bool(said.metadata.get(DEGRADED))
        self._keep(part.name, request.method, due, sent, kind, body, degraded=degraded)
        self._heed(status, headers)
        if part.name == plans.QUERY and not kind:
            _RECORDER.answer(case, body.decode("utf-8", "replace"), asked_at, _RECORDER.now() - sent)

    def _send(self, request: httpx2.Request) -> tuple[int, bytes, str, Any]:
        """Status, body, what went wrong, and headers; every request ends within the target's time."""
        request.read()
        began = time.perf_counter()
        headers = {name.title(): value for name, value in request.headers.items() if name not in ("host", "connection")}
        try:
            with gevent.Timeout(_PLAN.target.timeout), _quiet(self.client):
                response = self.client.request(
                    request.method, str(request.url), data=request.content, headers=headers, allow_redirects=False
                )
                body = response.content or b""
        except gevent.Timeout:
            return 0, b"", "timeout", {}
        status = response.status_code or 0
        if not status:
            # The client wraps what happened to it, its own timeout or ours.
            is_late = time.perf_counter() - began > 0.95 * _PLAN.target.timeout
            return 0, b"", "timeout" if is_late or "timed out" in repr(response.error) else "connection", {}
        return status, body, _kind(status), response.headers or {}

    def _said(self, part: plans.Part, body: bytes) -> Answer | None:
        """The answer in a body; None where there is none."""
        try:
            found, text = whole(body, part.target.stream)
            return _SELECTION.answer(found, Timing(0.0, 0.0), 1, str, text)
        except (ReasonedError, ValueError, RecursionError):
            return None

    def _heed(self, status: int, headers: Any) -> None:
        if status == _UNAUTHORIZED:
            self._session.refused()
        if status == _TOO_MANY and _PLAN.respect_limits:
            self._pause = min(retry_after(headers.get("Retry-After")) or 1.0, _LONGEST_PAUSE_S)

    def _log_in(self, url: str, form: Any) -> tuple[int, bytes]:
        sent = _RECORDER.now()
        request = _BUILDING.build_request("POST", config.expand(url), data=dict(form))
        status, body, kind, headers = self._send(request)
        self._keep(plans.LOGIN, "POST", sent, sent, kind, body)
        self._heed(status if status == _TOO_MANY else 0, headers)
        return status, body

    def _keep(
        self, name: str, method: str, due: float, sent: float, kind: str, body: bytes, *, degraded: bool = False
    ) -> None:
        now = _RECORDER.now()
        _RECORDER.sample(Sample(due, now - due, name, kind, len(body), sent - due, degraded))
        self.environment.events.request.fire(
            request_type=method, name=name, response_time=(now - due) * 1000, response_length=len(body),
            exception=RuntimeError(kind) if kind else None, context={}, response=None, start_time=time.time(), url=name,
        )  # fmt: skip


class _quiet:  # noqa: N801  reads like a statement
    """Keeps the client from telling Locust of a request by itself: it is told when it has been judged."""

    def __init__(self, client: Any) -> None:
        self._client, self._event = client, client.request_event

    def __enter__(self) -> None:
        self._client.request_event = _Deaf()

    def __exit__(self, *_: object) -> Literal[False]:
        self._client.request_event = self._event
        return False


class _Deaf:
    """An event that nobody hears."""

    def fire(self, **_: Any) -> None:
        """Do nothing."""


def _kind(status: int) -> str:
    if status in _ACCEPTED:
        return ""
    if status == _TOO_MANY:
        return "rate_limited"
    return "unauthorized" if status in (_UNAUTHORIZED, _FORBIDDEN) else f"http_{status}"
