"""`rag-eval load`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag_eval.cli import links, printing
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import ConfigError, UnreachableError, UsageError

if TYPE_CHECKING:
    from rag_eval import config, loading

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


@guarded
def load(
    experiment: Annotated[Path, typer.Argument(help="Experiment file; its section `load` says the rest.")],
    *,
    users: Annotated[int | None, typer.Option("--users", "-u", min=1, help="Users at most.")] = None,
    duration: Annotated[str | None, typer.Option("--duration", "-t", metavar="TIME", help="Such as 90s or 2m.")] = None,
    shape: Annotated[
        Literal["steady", "ramp", "burst", "replay"] | None, typer.Option(help="How the users come.")
    ] = None,
    arrivals: Annotated[
        str | None, typer.Option(metavar="TRACES", help="Traces whose times --shape replay takes.")
    ] = None,
    p95: Annotated[float | None, typer.Option(min=0.001, metavar="S", help="Gate: seconds for 95 of 100.")] = None,
    max_errors: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="SHARE", help="Gate: share of requests that may fail.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=0, help="Answers under load that are scored against those at rest; 0 for none.")
    ] = None,
    ignore_limits: Annotated[
        bool, typer.Option("--ignore-limits", help="Keep neither the service's Retry-After nor target.rate.")
    ] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A host beyond this machine that is yours to load.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make load on this machine.")] = 1,
    expect_workers: Annotated[
        int, typer.Option(min=0, help="Lead, and wait for so many workers on other machines.")
    ] = 0,
    bind: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where workers of other machines find this one.")
    ] = "0.0.0.0:5557",
    worker: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Make load for a test that is led from there.")
    ] = None,
    web: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="PORT", help="Show Locust's own pages on this port.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder that the test's folder is written into.")
    ] = Path("loads"),
    mlflow: Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep it in MLflow.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Load a service with the questions of an experiment: is it fast enough, and are its answers still right?

    Users log in, ask, and wait a second or three, as people do. Exits with 1 where the service did not keep what
    `load.slo` says, or its answers under load were worse than at rest.
    """
    from rag_eval import configfile, loading, telemetry
    from rag_eval.cli import loadprogress
    from rag_eval.loadtest.generating import Spread

    telemetry.silence()
    changes: dict[str, object] = {
        "users": users, "duration": duration, "shape": shape, "arrivals": arrivals, "sample": sample,
        "slo": {"p95": p95, "errors": max_errors}, "hosts": allow_host,
    }  # fmt: skip
    config = _adjusted(configfile.load(experiment), changes, mlflow=mlflow)
    if worker is not None:
        options = loading.Options(respect_limits=not ignore_limits, limit=limit)
        print_note(f"making load for the test that is led from {worker}")
        loading.join(config, worker, options)
        return
    host, port = _place(bind) if expect_workers else ("127.0.0.1", 0)
    spread = Spread(workers, expect_workers, host, port, web)
    options = loading.Options(spread, respect_limits=not ignore_limits, limit=limit)
    finished = loading.run(config, output, options, loading.unseen if quiet else loadprogress.shown)
    _tell(finished, as_json=as_json)


def _adjusted(experiment: "config.Experiment", changes: dict[str, object], *, mlflow: bool) -> "config.Experiment":
    """The experiment with what the command line says in place of what the file says."""
    from pydantic import ValidationError

    from rag_eval import config

    slo = {name: value for name, value in changes.pop("slo").items() if value is not None}  # type: ignore[attr-defined]
    hosts = (*experiment.load.hosts, *(changes.pop("hosts") or ()))  # type: ignore[misc]
    given = {name: value for name, value in changes.items() if value is not None}
    if given.get("shape", "replay") != "replay":
        given.setdefault("arrivals", None)
    if "arrivals" in given and given["arrivals"] is not None:
        given.setdefault("shape", "replay")
    whole = {
        **experiment.load.model_dump(),
        **given,
        "slo": {**experiment.load.slo.model_dump(), **slo},
        "hosts": hosts,
    }
    try:
        load = config.LoadConfig.model_validate(whole)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"load{'.' if where else ''}{where}: {first['msg'].removeprefix('Value error, ')}") from error
    tracked = experiment.mlflow if mlflow else experiment.mlflow.model_copy(update={"enabled": False})
    return experiment.model_copy(update={"load": load, "mlflow": tracked})


def _place(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--bind {bind}: reads HOST:PORT")
    return host, int(port)


def _tell(finished: "loading.Finished", *, as_json: bool) -> None:
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
