"""What a load test came to: percentiles with intervals, throughput, what failed, and how it went over time.

A request that failed counts as slower than any that was answered: a percentile that falls among the failed ones is not
reached, and is None. Throughput is of what was answered.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scipy import special

from rag_eval.config import SloConfig
from rag_eval.loadtest.plan import LOGIN, QUERY, LoadPlan, end, parts
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.records import Record

_PERCENTILES = (50, 90, 95, 99)
_CONFIDENCE = 0.95
_STEPS = 60
"""Points of a line over time, at most."""
_FEWEST = 72
"""Requests below which the interval of a 95th percentile has no upper end."""


class Percentile(Record):
    """A percentile of the response times, in seconds; None where it falls among the failed requests."""

    percent: int
    seconds: float | None
    low: float | None
    """Of its 95 % interval, by order statistics; requests are taken to be independent. None where it has no end."""
    high: float | None


class EndpointSummary(Record):
    """One endpoint, or all that were asked together."""

    name: str
    requests: int
    failed: int
    failures: dict[str, int]
    """Reason to count."""
    throughput: float
    """Answered requests a second."""
    percentiles: tuple[Percentile, ...]
    slowest: float | None
    """Seconds of the slowest answer."""
    degraded: int
    """Answers of which the service said that something stood in for a part of it."""
    bytes: int

    @property
    def errors(self) -> float:
        """Share of requests that failed."""
        return self.failed / self.requests if self.requests else 0.0

    def at(self, percent: int) -> Percentile:
        """One of the percentiles."""
        return next(percentile for percentile in self.percentiles if percentile.percent == percent)


class TimeBucket(Record):
    """A stretch of the test."""

    at: float
    """Seconds from the start to its middle."""
    users: int
    throughput: float
    """Answered requests a second."""
    failed: float
    """Failed requests a second."""
    p50: float | None
    p95: float | None
    """Seconds; None where nothing was answered, or it falls among the failed ones."""


class SloVerdict(Record):
    """One thing that the service had to keep."""

    what: str
    limit: float
    found: float | None
    """None where it was not reached, or is not known."""
    kept: bool


class LoadSummary(Record):
    """A load test, added up."""

    key: str
    name: str
    started: float
    """Seconds since 1970."""
    seconds: float
    """From the start to the last answer, or to the end of a test that was whole."""
    planned: float
    """Seconds that it was to take."""
    shape: str
    users: int
    peak_users: int
    endpoints: tuple[EndpointSummary, ...]
    total: EndpointSummary
    """All but logins."""
    moments: tuple[TimeBucket, ...]
    verdicts: tuple[SloVerdict, ...]
    cpu_short: bool
    """Whether the load generator itself was short of CPU: then times may be its own."""
    late: float
    """Seconds that a request was sent late at most, where captured times were replayed."""
    remarks: tuple[str, ...]
    interrupted: bool = False
    """Whether it ended before its time was over, or lost workers: then nothing can be said of what was to be kept."""

    @property
    def passed(self) -> bool:
        """Whether everything was kept."""
        return not self.interrupted and bool(self.verdicts) and all(verdict.kept for verdict in self.verdicts)


@dataclass
class LoadTally:
    """Requests as they come in."""

    samples: list[RequestSample] = field(default_factory=list)
    users: list[tuple[float, int]] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)
    began: float = 0.0
    cpu: float = 0.0
    other_plans: int = 0
    complete: bool = False

    @property
    def workers_lost(self) -> bool:
        """Whether there were once more of them."""
        return len(set(self.workers)) > 1

    def take(self, line: RequestSample | Note) -> None:
        """Add a line."""
        match line:
            case RequestSample():
                self.samples.append(line)
            case Note(what="begun"):
                self.began = line.value
            case Note(what="users"):
                self.users.append((line.at, int(line.value)))
            case Note(what="worker"):
                self.workers.append(int(line.value))
            case Note(what="cpu"):
                self.cpu = max(self.cpu, line.value)
            case Note(what="complete"):
                self.complete = True
            case Note(what="other plan"):
                self.other_plans += 1
            case _:
                pass


def sum_up(plan: LoadPlan, lines: Iterable[RequestSample | Note]) -> LoadSummary:
    """Add a load test up."""
    tally = LoadTally()
    for line in lines:
        tally.take(line)
    is_whole = tally.complete and not tally.workers_lost and not tally.other_plans
    tally.samples += _never_sent(plan, tally) if is_whole else []
    # A service that refuses for the rest of the test has answered so much less a second.
    seconds = max(
        [sample.at + sample.seconds for sample in tally.samples] + ([end(plan)] if is_whole else []), default=0.0
    )
    asked = [sample for sample in tally.samples if sample.endpoint != LOGIN]
    names = {sample.endpoint for sample in tally.samples}
    endpoints = tuple(
        endpoint(name, [sample for sample in tally.samples if sample.endpoint == name], seconds)
        for name in sorted({*names, *(part.name for part in parts(plan))})
    )
    total = endpoint("all", asked, seconds)
    return LoadSummary(
        key=plan.key,
        name=plan.name,
        started=tally.began,
        seconds=round(seconds, 3),
        planned=end(plan),
        shape=plan.load.shape,
        users=plan.load.users,
        peak_users=max((count for _, count in tally.users), default=0),
        endpoints=endpoints,
        total=total,
        moments=tuple(_moments(asked, tally.users, seconds)),
        verdicts=tuple(_verdicts(endpoints, plan.load.slo)),
        cpu_short=tally.cpu > 0,
        late=round(max((sample.late for sample in asked), default=0.0), 4) if plan.load.shape == "replay" else 0.0,
        remarks=tuple(_remarks(tally, total, plan)),
        interrupted=not is_whole,
    )


def _never_sent(plan: LoadPlan, tally: LoadTally) -> list[RequestSample]:
    """Captured questions that no user was free to ask before the test was over: they waited until its end."""
    asked = sum(sample.endpoint != LOGIN for sample in tally.samples)
    left = plan.arrivals[asked:]
    waited = [(due + plan.load.ramp_up, max(0.0, end(plan) - due - plan.load.ramp_up)) for due in left]
    return [RequestSample(due, seconds, QUERY, "not_sent", 0, seconds) for due, seconds in waited]


def endpoint(name: str, samples: Sequence[RequestSample], seconds: float) -> EndpointSummary:
    """Add up the requests to one endpoint."""
    failures = Counter(sample.kind for sample in samples if sample.kind)
    times = sorted(sample.seconds for sample in samples if not sample.kind)
    failed = failures.total()
    return EndpointSummary(
        name=name,
        requests=len(samples),
        failed=failed,
        failures=dict(failures.most_common()),
        throughput=round(len(times) / seconds, 3) if seconds else 0.0,
        percentiles=tuple(percentile(times, failed, percent) for percent in _PERCENTILES),
        slowest=round(times[-1], 4) if times else None,
        degraded=sum(sample.degraded for sample in samples),
        bytes=sum(sample.size for sample in samples),
    )


def percentile(times: Sequence[float], failed: int, percent: int) -> Percentile:
    """A percentile of sorted times, with `failed` requests that count as slower than all of them.

    The interval is between two order statistics (Conover, Practical Nonparametric Statistics, 1999, section 3.2).
    """
    count = len(times) + failed
    share = percent / 100

    def at(rank: float) -> float | None:
        """The time of this rank, counted from 1; with too few requests the ends of an interval have none."""
        return round(times[int(rank) - 1], 4) if 1 <= rank <= len(times) else None

    tail = (1 - _CONFIDENCE) / 2
    low, high = _successes(tail, count, share), _successes(1 - tail, count, share) + 1
    return Percentile(percent=percent, seconds=at(math.ceil(percent * count / 100)), low=at(low), high=at(high))


def _successes(q: float, count: int, share: float) -> int:
    """The `q`-quantile of the binomial distribution; `scipy.stats`, which has it too, takes a second to import."""
    if not count:
        return 0
    least: int = math.ceil(special.bdtrik(q, count, share))
    return least - 1 if least and special.bdtr(least - 1, count, share) >= q else least


def _moments(
    samples: Sequence[RequestSample], users: Sequence[tuple[float, int]], seconds: float
) -> Iterable[TimeBucket]:
    """The test in stretches of a second or more."""
    if not samples:
        return
    step, there = max(1.0, math.ceil(seconds / _STEPS)), 0
    count = max(1, int(seconds // step))  # what is left over at the end belongs to the last one
    for number in range(count):
        start, stop = number * step, seconds if number == count - 1 else (number + 1) * step
        ended = [
            sample
            for sample in samples
            if start <= sample.at + sample.seconds < stop or stop == seconds == sample.at + sample.seconds
        ]
        times = sorted(sample.seconds for sample in ended if not sample.kind)
        failed = len(ended) - len(times)
        there = max((count for at, count in users if start <= at < stop), default=there)
        length = max(stop - start, 1e-9)
        yield TimeBucket(
            at=round((start + stop) / 2, 2),
            users=there,
            throughput=round(len(times) / length, 3),
            failed=round(failed / length, 3),
            p50=percentile(times, failed, 50).seconds,
            p95=percentile(times, failed, 95).seconds,
        )


def _verdicts(endpoints: Sequence[EndpointSummary], slo: SloConfig) -> Iterable[SloVerdict]:
    """What each endpoint had to keep; logins may fail as rarely as the rest, and may take their time."""
    for endpoint in endpoints:
        if endpoint.name != LOGIN:
            measured = endpoint.at(95).seconds  # None as well where it was never asked
            kept = measured is not None and measured <= slo.p95
            yield SloVerdict(what=f"{endpoint.name}: p95", limit=slo.p95, found=measured, kept=kept)
        measured = endpoint.errors
        yield SloVerdict(
            what=f"{endpoint.name}: errors", limit=slo.errors, found=round(measured, 6), kept=measured <= slo.errors
        )


def _remarks(tally: LoadTally, total: EndpointSummary, plan: LoadPlan) -> Iterable[str]:
    """What a reader must know before he believes the numbers."""
    limited = total.failures.get("rate_limited", 0)
    if limited:
        yield (
            f"{limited} of {total.requests} requests were refused by the service's own rate limit: raise it for the "
            "test, or load with fewer users"
        )
    if total.degraded:
        yield (
            f"{total.degraded} of {total.requests - total.failed} answers were degraded: the service says that "
            "something stood in for a part of it that was away"
        )
    if tally.cpu:
        yield (
            f"the load generator used {tally.cpu:.0f} % of its core: times may be its own. Use --workers, or another "
            "machine"
        )
    if tally.other_plans:
        yield f"{tally.other_plans} workers asked something else than was planned here: give all the same experiment"
    if moved := sum(count for kind, count in total.failures.items() if kind.startswith("http_3")):
        yield f"{moved} requests were redirected, and redirects are not followed under load: name the URL they lead to"
    if left := total.failures.get("not_sent"):
        yield f"{left} captured questions were never asked, as no user was free: load.users is too small"
    if tally.workers_lost:
        yield f"workers were lost: {max(tally.workers)} at most, {min(tally.workers)} at least; their last requests too"
    few = total.requests and total.requests < _FEWEST
    if few:
        yield f"{total.requests} requests are too few for the upper end of a 95th percentile's interval"
    if 0 < total.requests < plan.load.users and not plan.arrivals:
        yield "fewer requests than users: the test was too short for its users"
