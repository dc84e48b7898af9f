"""What a load test will do: written down by whoever starts it, read by each process that makes load."""

import hashlib
import ipaddress
import json
import os
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rag_eval import config, traces
from rag_eval.errors import ConfigError, DataError, UsageError
from rag_eval.records import Case, Record
from rag_eval.targets.http.config import HttpConfig

PLAN, CASES = "plan.json", "cases.jsonl"
QUERY, LOGIN = "query", "login"
HOSTS = "RAG_EVAL_LOAD_HOSTS"
"""Variable with further hosts that may be loaded, with commas."""
_LAST_S = 0.5
"""How much longer than to the last captured question a test goes on."""
_PLACE = re.compile(r"https?://[^/?#\\\s]+", re.IGNORECASE)


class LoadPlan(Record):
    """A load test before it begins. It holds names of variables where the experiment does, never their values."""

    key: str
    """Tells this test from others."""
    name: str
    target: HttpConfig
    load: config.LoadConfig
    seed: int
    respect_limits: bool = True
    """Whether `Retry-After` and `target.rate` are kept."""
    arrivals: tuple[float, ...] = ()
    """Seconds from the start at which questions are asked, for `replay`."""
    fingerprint: str
    """Of the questions, the target and the endpoints: processes on several machines must ask the same."""
    cwd: str = "."
    """Folder that paths in the experiment count from."""


@dataclass(frozen=True)
class LoadedEndpoint:
    """One endpoint as it is loaded."""

    name: str
    weight: int
    target: HttpConfig
    answers: bool


def parts(plan: LoadPlan) -> list[LoadedEndpoint]:
    """The endpoints that are loaded, the target's own first."""
    own = LoadedEndpoint(QUERY, plan.load.weight, plan.target, answers=True)
    others = [
        LoadedEndpoint(endpoint.name, endpoint.weight, _as_target(plan.target, endpoint), endpoint.answers)
        for endpoint in plan.load.endpoints
    ]
    return [part for part in (own, *others) if part.weight]


def _as_target(target: HttpConfig, endpoint: config.EndpointConfig) -> HttpConfig:
    names = ("method", "body", "send", "select", "stream")
    changes = {name: value for name in names if (value := getattr(endpoint, name)) is not None}
    if endpoint.stream == "none":
        changes["stream"] = None
    headers = {**target.headers, **endpoint.headers}
    return target.model_copy(update={"url": endpoint.url, "files": endpoint.files, "headers": headers, **changes})


def make(
    key: str, experiment: config.Experiment, cases: Iterable[Case], folder: Path, *, respect_limits: bool
) -> LoadPlan:
    """Write down a load test in a folder.

    Raises `UsageError` for a target that is not asked over HTTP, a host that may not be loaded, or captures without
    times.
    """
    target = experiment.target
    if not isinstance(target, HttpConfig):
        raise ConfigError(f"target.kind: {target.kind} cannot be loaded; a load test needs `kind: http`")
    digest = hashlib.sha256()
    with (folder / CASES).open("w", encoding="utf-8") as file:
        for case in cases:
            line = case.model_dump_json(exclude_none=True)
            digest.update(line.encode())
            file.write(line + "\n")
    target = target.model_copy(update={"tls": _absolute(target.tls)})
    draft = LoadPlan(
        key=key, name=experiment.name, target=target, load=experiment.load, seed=experiment.seed,
        respect_limits=respect_limits, arrivals=tuple(_arrivals(experiment.load)), fingerprint="", cwd=str(Path.cwd()),
    )  # fmt: skip
    _demand_allowed(draft)
    for what in (draft.target.model_dump_json(), draft.load.model_dump_json(include={"weight", "endpoints", "sample"})):
        digest.update(what.encode())
    digest.update(str(draft.seed).encode())
    plan = draft.model_copy(update={"fingerprint": digest.hexdigest()})
    (folder / PLAN).write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return plan


def _absolute(tls: config.TlsConfig) -> config.TlsConfig:
    """Files by whole paths: processes that make load begin somewhere else."""
    files = {name: path for name in ("ca", "cert", "key") if (path := getattr(tls, name))}
    where = "target.tls"
    return tls.model_copy(
        update={name: str(Path(config.expand(path, where=where)).resolve()) for name, path in files.items()}
    )


def read(folder: Path) -> tuple[LoadPlan, list[Case]]:
    """A load test that was written down."""
    plan = LoadPlan.model_validate_json((folder / PLAN).read_text(encoding="utf-8"))
    with (folder / CASES).open(encoding="utf-8") as file:
        return plan, [Case.model_validate_json(line) for line in file]


def end(plan: LoadPlan) -> float:
    """Seconds from the start to the end of the test: captured times begin after the logins, and may end early."""
    if not plan.arrivals:
        return plan.load.duration
    return plan.load.ramp_up + min(plan.load.duration, plan.arrivals[-1] + _LAST_S)


def urls(plan: LoadPlan) -> Iterator[tuple[str, str]]:
    """Each URL that will be asked, by where the experiment says it."""
    for part in parts(plan):
        where = "target.url" if part.name == QUERY else f"load.endpoints {part.name}"
        yield where, part.target.url
    yield from ((f"target.auth.{name}", url) for name, url in plan.target.auth.addresses.items())


def hosts(plan: LoadPlan) -> frozenset[str]:
    """The hosts that are asked, in lower case."""
    return frozenset(_host(url, where) for where, url in urls(plan))


def sampled(plan: LoadPlan, cases: Sequence[Case]) -> list[str]:
    """The ids of the cases whose answers are kept to be scored, the same in each process."""
    drawn = random.Random(plan.seed).sample(range(len(cases)), min(plan.load.sample, len(cases)))  # noqa: S311
    return [cases[at].id for at in sorted(drawn)]


def _demand_allowed(plan: LoadPlan, environ: Mapping[str, str] | None = None) -> None:
    """Refuse hosts that nobody allowed: a load test that goes to the wrong one is an attack."""
    values = os.environ if environ is None else environ
    names = (*plan.load.hosts, *values.get(HOSTS, "").split(","))
    allowed = {host.strip().lower() for host in names if host.strip()}
    for where, url in urls(plan):
        host = _host(url, where, values)
        if not _is_here(host) and host not in allowed:
            raise UsageError(
                f"{where}: {host} may not be loaded. If it is yours, and whoever runs it knows, add it to load.hosts "
                f"in the experiment, or to {HOSTS}"
            )


def _host(url: str, where: str, environ: Mapping[str, str] | None = None) -> str:
    """The host of a URL in lower case; raises `ConfigError` where it is not plain to see."""
    whole = _PLACE.match(config.expand(url, environ, where=where))
    if whole is None or any(mark in whole[0] for mark in ("{{", "{%", "{#")):
        raise ConfigError(f"{where}: a load test needs a URL whose host is the same for each question, not {url}")
    try:
        return (urlsplit(whole[0]).hostname or "").lower()
    except ValueError as error:
        raise ConfigError(f"{where}: {url} is no URL: {error}") from error


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _arrivals(load: config.LoadConfig) -> list[float]:
    """When captured questions came, counted from the first one, as fast as is asked for, until the test ends."""
    if load.arrivals is None:
        return []
    path = config.expand(load.arrivals, where="load.arrivals")
    times = sorted(
        trace.asked_at
        for trace in traces.read(path)
        if isinstance(trace, traces.Exchange) and trace.asked_at is not None
    )
    if not times:
        raise DataError(f"load.arrivals: no question in {path} has a time")
    shifted = [(time - times[0]) / load.speed for time in times]
    return [round(at, 4) for at in shifted if at < load.duration]


def dump_line(record: object) -> str:
    """A line of JSON."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
