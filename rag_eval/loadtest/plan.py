"""What a load test will do: written down by whoever starts it, read by each process that makes load."""

import hashlib
import ipaddress
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rag_eval import config, traces
from rag_eval.errors import ConfigError, DataError, UsageError
from rag_eval.records import Case, Record

PLAN, CASES = "plan.json", "cases.jsonl"
QUERY, LOGIN = "query", "login"
HOSTS = "RAG_EVAL_LOAD_HOSTS"
"""Variable with further hosts that may be loaded, with commas."""


class Plan(Record):
    """A load test before it begins. It holds names of variables where the experiment does, never their values."""

    key: str
    """Tells this test from others."""
    name: str
    target: config.Http
    load: config.Load
    seed: int
    respect_limits: bool = True
    """Whether `Retry-After` and `target.rate` are kept."""
    arrivals: tuple[float, ...] = ()
    """Seconds from the start at which questions are asked, for `replay`."""
    fingerprint: str
    """Of the questions and of all the above but the key: processes on several machines must do the same."""
    cwd: str = "."
    """Folder that paths in the experiment count from."""


@dataclass(frozen=True)
class Part:
    """One endpoint as it is loaded."""

    name: str
    weight: int
    target: config.Http
    answers: bool


def parts(plan: Plan) -> list[Part]:
    """The endpoints that are loaded, the target's own first."""
    own = Part(QUERY, plan.load.weight, plan.target, answers=True)
    others = [Part(one.name, one.weight, _as_target(plan.target, one), one.answers) for one in plan.load.endpoints]
    return [part for part in (own, *others) if part.weight]


def _as_target(target: config.Http, endpoint: config.Endpoint) -> config.Http:
    said = {name: value for name in ("method", "body", "send") if (value := getattr(endpoint, name)) is not None}
    return target.model_copy(update={"url": endpoint.url, "files": endpoint.files, **said})


def make(key: str, experiment: config.Experiment, cases: Iterable[Case], folder: Path, *, respect_limits: bool) -> Plan:
    """Write down a load test in a folder.

    Raises `UsageError` for a target that is not asked over HTTP, a host that may not be loaded, or captures without
    times.
    """
    target = experiment.target
    if not isinstance(target, config.Http):
        raise ConfigError(f"target.kind: {target.kind} cannot be loaded; a load test needs `kind: http`")
    digest = hashlib.sha256()
    with (folder / CASES).open("w", encoding="utf-8") as file:
        for case in cases:
            line = case.model_dump_json(exclude_none=True)
            digest.update(line.encode())
            file.write(line + "\n")
    said = Plan(
        key=key, name=experiment.name, target=target, load=experiment.load, seed=experiment.seed,
        respect_limits=respect_limits, arrivals=tuple(_arrivals(experiment.load)), fingerprint="", cwd=str(Path.cwd()),
    )  # fmt: skip
    _demand_allowed(said)
    digest.update(said.model_dump_json(exclude={"key", "cwd"}).encode())
    plan = said.model_copy(update={"fingerprint": digest.hexdigest()})
    (folder / PLAN).write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return plan


def read(folder: Path) -> tuple[Plan, list[Case]]:
    """A load test that was written down."""
    plan = Plan.model_validate_json((folder / PLAN).read_text(encoding="utf-8"))
    with (folder / CASES).open(encoding="utf-8") as file:
        return plan, [Case.model_validate_json(line) for line in file]


def urls(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each URL that will be asked, by where the experiment says it."""
    for part in parts(plan):
        where = "target.url" if part.name == QUERY else f"load.endpoints {part.name}"
        yield where, part.target.url
    match plan.target.auth:
        case config.Login(url=url):
            yield "target.auth.url", url
        case config.OAuth2(token_url=url):
            yield "target.auth.token_url", url
        case _:
            pass


def _demand_allowed(plan: Plan, environ: Mapping[str, str] | None = None) -> None:
    """Refuse hosts that nobody allowed: a load test that goes to the wrong one is an attack."""
    values = os.environ if environ is None else environ
    allowed = {host.strip().lower() for host in (*plan.load.hosts, *values.get(HOSTS, "").split(","))}
    for where, url in urls(plan):
        host = (urlsplit(config.expand(url, values, where=where)).hostname or "").lower()
        if "{{" in host or "{%" in host:
            raise ConfigError(f"{where}: the host of a load test must be the same for each question: {url}")
        if not _is_here(host) and host not in allowed:
            raise UsageError(
                f"{where}: {host} may not be loaded. If it is yours, and whoever runs it knows, add it to load.hosts "
                f"in the experiment, or to {HOSTS}"
            )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _arrivals(load: config.Load) -> list[float]:
    """When captured questions came, counted from the first one, as fast as is asked for, until the test ends."""
    if load.arrivals is None:
        return []
    path = config.expand(load.arrivals, where="load.arrivals")
    times = sorted(
        one.asked_at for one in traces.read(path) if isinstance(one, traces.Exchange) and one.asked_at is not None
    )
    if not times:
        raise DataError(f"load.arrivals: no question in {path} has a time")
    shifted = [(time - times[0]) / load.speed for time in times]
    return [round(at, 4) for at in shifted if at < load.duration]


def dump_line(record: object) -> str:
    """A line of JSON."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
