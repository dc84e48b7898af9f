"""`rag-eval load`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag_eval.cli import links, options, printing
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import ConfigError, UnreachableError, UsageError

if TYPE_CHECKING:
    from rag_eval import config
    from rag_eval.loadtest import runner

EXAMPLES = """
[bold]Examples[/bold]

rag-eval load experiments/strong.yaml

rag-eval load experiments/strong.yaml --users 100 --duration 2m --p95 2 --max-errors 0.01

rag-eval load experiments/strong.yaml --shape burst --workers 2 --web 8089

rag-eval load experiments/strong.yaml --shape replay --arrivals capture/

rag-eval load experiments/strong.yaml --expect-workers 4 --bind 10.0.0.5:5557
rag-eval load experiments/strong.yaml --worker 10.0.0.5:5557
"""
_GATE_FAILED = 1


_Experiment = Annotated[Path, typer.Argument(help="Experiment file; its section `load` says the rest.")]
_Users = Annotated[int | None, typer.Option("--users", "-u", min=1, help="Users at most.")]
_Duration = Annotated[str | None, typer.Option("--duration", "-t", metavar="TIME", help="Such as 90s or 2m.")]
_Shape = Annotated[Literal["steady", "ramp", "burst", "replay"] | None, typer.Option(help="How the users come.")]
_Arrivals = Annotated[str | None, typer.Option(metavar="TRACES", help="Traces whose times --shape replay takes.")]
_P95 = Annotated[float | None, typer.Option(min=0.001, metavar="S", help="Gate: seconds for 95 of 100.")]
_MaxErrors = Annotated[
    float | None, typer.Option(min=0, max=1, metavar="SHARE", help="Gate: share of requests that may fail.")
]
_Sample = Annotated[
    int | None, typer.Option(min=0, help="Answers under load that are scored against those at rest; 0 for none.")
]
_IgnoreLimits = Annotated[
    bool, typer.Option("--ignore-limits", help="Keep neither the service's Retry-After nor target.rate.")
]
_AllowHost = Annotated[
    list[str] | None, typer.Option("--allow-host", help="A host beyond this machine that is yours to load.")
]
_Workers = Annotated[int, typer.Option(min=1, help="Processes that make load on this machine.")]
_ExpectWorkers = Annotated[int, typer.Option(min=0, help="Lead, and wait for so many workers on other machines.")]
_Bind = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where workers of other machines find this one.")]
_Worker = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Make load for a test that is led from there.")]
_Web = Annotated[
    int | None, typer.Option(min=0, max=65535, metavar="PORT", help="Show Locust's own pages on this port.")
]
_Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")]
_Output = Annotated[Path, typer.Option("--output", "-o", help="Folder that the test's folder is written into.")]
_Mlflow = Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep it in MLflow.")]
_ResultAsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True)
class LoadOverrides:
    """What the command line says in place of the section `load`; None leaves the file's word."""

    users: int | None
    duration: str | None
    shape: str | None
    arrivals: str | None
    sample: int | None
    p95: float | None
    """Seconds."""
    errors: float | None
    """The share of requests that may fail."""
    hosts: tuple[str, ...]
    """Hosts that may be loaded beside those of the file."""
    mlflow: bool


@guarded
def load(
    experiment: _Experiment,
    *,
    users: _Users = None,
    duration: _Duration = None,
    shape: _Shape = None,
    arrivals: _Arrivals = None,
    p95: _P95 = None,
    max_errors: _MaxErrors = None,
    sample: _Sample = None,
    ignore_limits: _IgnoreLimits = False,
    allow_host: _AllowHost = None,
    workers: _Workers = 1,
    expect_workers: _ExpectWorkers = 0,
    bind: _Bind = "0.0.0.0:5557",
    worker: _Worker = None,
    web: _Web = None,
    limit: _Limit = None,
    output: _Output = Path("loads"),
    mlflow: _Mlflow = True,
    as_json: _ResultAsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Load a service with the questions of an experiment: is it fast enough, and are its answers still right?

    Users log in, ask, and wait a second or three, as people do. Exits with 1 where the service did not keep what
    `load.slo` says, or its answers under load were worse than at rest.
    """
    from rag_eval import configfile, telemetry
    from rag_eval.cli import loadprogress
    from rag_eval.loadtest import runner
    from rag_eval.loadtest.processes import Spread

    telemetry.silence()
    overrides = LoadOverrides(
        users, duration, shape, arrivals, sample, p95, max_errors, tuple(allow_host or ()), mlflow
    )  # fmt: skip
    config = _overridden(configfile.load(experiment), overrides)
    if worker is not None:
        print_note(f"making load for the test that is led from {worker}")
        runner.join(config, worker, runner.LoadOptions(respect_limits=not ignore_limits, limit=limit))
        return
    host, port = _place(bind) if expect_workers else ("127.0.0.1", 0)
    spread = Spread(workers, expect_workers, host, port, web)
    how = runner.LoadOptions(spread, respect_limits=not ignore_limits, limit=limit)
    finished = runner.run(config, output, how, runner.unseen if quiet else loadprogress.shown)
    _tell(finished, as_json=as_json)


def _overridden(experiment: "config.Experiment", overrides: LoadOverrides) -> "config.Experiment":
    """The experiment with what the command line says; raises `ConfigError`."""
    from pydantic import ValidationError

    from rag_eval import config

    section = experiment.load
    whole = {
        **section.model_dump(),
        **_changes(overrides),
        "slo": {**section.slo.model_dump(), **_given(p95=overrides.p95, errors=overrides.errors)},
        "hosts": (*section.hosts, *overrides.hosts),
    }
    try:
        load = config.LoadConfig.model_validate(whole)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"load{'.' if where else ''}{where}: {first['msg'].removeprefix('Value error, ')}") from error
    tracked = experiment.mlflow if overrides.mlflow else experiment.mlflow.model_copy(update={"enabled": False})
    return experiment.model_copy(update={"load": load, "mlflow": tracked})


def _changes(overrides: LoadOverrides) -> dict[str, object]:
    """The fields of the section that change; the shape and the traces that it takes go together."""
    changes = _given(
        users=overrides.users,
        duration=overrides.duration,
        shape=overrides.shape,
        arrivals=overrides.arrivals,
        sample=overrides.sample,
    )
    if changes.get("shape", "replay") != "replay":
        changes.setdefault("arrivals", None)
    if changes.get("arrivals") is not None:
        changes.setdefault("shape", "replay")
    return changes


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _place(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--bind {bind}: reads HOST:PORT")
    return host, int(port)


def _tell(finished: "runner.FinishedLoadTest", *, as_json: bool) -> None:
    from rag_eval.loadtest import report

    loaded = finished.loaded
    if as_json:
        printing.as_json(loaded, passed=loaded.passed, folder=str(finished.folder), mlflow=finished.link)
    else:
        printing.show(report.terminal(loaded))
        printing.located("report", finished.folder / "report.html")
        if finished.link:
            links.tell(finished.folder)
    untracked = (
        f"{finished.untracked}\nThe test is whole in {finished.folder}. When MLflow is back: "
        f"rag-eval sync {finished.folder}"
    )
    if not loaded.passed:
        if finished.untracked:
            print_error(untracked)
        raise typer.Exit(_GATE_FAILED)
    if finished.untracked:
        raise UnreachableError(untracked)
