"""`rag-eval run`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag_eval.cli import gating, links, naming, printing
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import GateFailed, GateUndecided, UnreachableError, UsageError

if TYPE_CHECKING:
    from rag_eval import config, pipeline, results, runs

EXAMPLES = """
[bold]Examples[/bold]

rag-eval run experiments/strong.yaml

rag-eval run experiments/strong.yaml --limit 20 -j 8

rag-eval run experiments/strong.yaml --gate 'correctness.mean >= 0.7' --undecided fail

rag-eval run experiments/strong.yaml --against main --stop-when-decided

rag-eval run experiments/strong.yaml --name reranker-v2

rag-eval run --resume latest

rag-eval run --resume 20261123-091500-strong --retry-errors
"""

LogFormat = Annotated[
    Literal["console", "json"],
    typer.Option("--log-format", envvar="RAG_EVAL_LOG_FORMAT", help="Log lines for people, or one JSON a line."),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(min=0, max=65535, metavar="N", help="Prometheus metrics on this port; 0 for a free one."),
]
MetricsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Prometheus metrics in a file, for a textfile collector."),
]


@guarded
def run(
    experiment: Annotated[
        Path | None,
        typer.Argument(help="Experiment file; left out with --resume.", show_default="rag-eval.yaml"),
    ] = None,
    *,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Go on with a run: its folder, its id, or [b]latest[/b].",
            autocompletion=naming.complete_run,
        ),
    ] = None,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="With --resume: try again what ended in a failure.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call the run, instead of the experiment's.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N cases.")] = None,
    max_concurrency: Annotated[
        int | None,
        typer.Option("--max-concurrency", "-j", min=1, help="Questions and judge calls in flight."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the experiment's.")] = None,
    runs_folder: naming.RunsOutput = None,
    expressions: gating.Expressions = None,
    undecided: gating.Undecided = None,
    no_gates: Annotated[
        bool, typer.Option("--no-gates", help="Hold the run to no gate, as for a first baseline.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A baseline or a run that stands for every baseline that the gates name.",
            autocompletion=naming.complete_scores,
        ),
    ] = None,
    stop_when_decided: gating.StopWhenDecided = False,
    mlflow: Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep the run in MLflow.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="More log lines.")] = 0,
    log_format: LogFormat = "console",
    metrics_port: MetricsPort = None,
    metrics_file: MetricsFile = None,
) -> None:
    """Ask every question of a dataset, score the answers, and keep it all.

    What is done is kept at once: a run that was stopped, or killed, goes on with --resume and asks nothing twice. The
    experiment's gates, and those of --gate, are looked at last. Leaves with 1 where one fails, else with 3 where too
    little was scored or a service was away, else with 4 where one is undecided.
    """
    from rag_eval import pipeline, telemetry
    from rag_eval.cli import progress

    telemetry.silence()
    folder = _to_resume(resume, runs_folder, limit=limit, retry_errors=retry_errors)
    config, limit = _experiment(experiment, folder, seed, limit, name)
    config = adjusted(config, max_concurrency, seed, runs_folder, mlflow=mlflow)
    config = with_gates(config, expressions, no_gates=no_gates)
    options = pipeline.Options(
        limit=limit,
        resume=folder,
        retry_errors=retry_errors,
        gates=not no_gates,
        against=_against(against, config, stop=stop_when_decided, no_gates=no_gates, resumed=folder is not None),
        stop=stop_when_decided,
    )
    with telemetry.observed(
        verbose=verbose, log_format=log_format, metrics_port=metrics_port, metrics_file=metrics_file
    ) as url:
        telemetry.hide(*telemetry.secrets_of(config.model_dump()))
        if url is not None:
            print_note(f"metrics  {url}")
        with progress.pushing(quiet=quiet) as pushed:
            finished = pipeline.run(config, options, pipeline.unseen if quiet else progress.shown, pushed)
    _tell(finished, as_json=as_json)
    _fail_if_due(finished, undecided)


def _experiment(
    path: Path | None, folder: "runs.Folder | None", seed: int | None, limit: int | None, name: str | None
) -> "tuple[config.Experiment, int | None]":
    """The experiment to run, or to go on with, and how many of its cases."""
    from rag_eval import configfile, results

    if folder is None:
        return configfile.load(path or Path("rag-eval.yaml"), name=name), limit
    if path is not None or seed is not None:
        raise UsageError("--resume goes on with the experiment and the seed that the run began with; leave them out")
    if name is not None:
        raise UsageError("--resume goes on with a run that has a name; another is given by: rag-eval runs rename")
    return configfile.load(folder.experiment), results.limit_of(folder)


def _to_resume(
    resume: str | None, output: Path | None, *, limit: int | None, retry_errors: bool
) -> "runs.Folder | None":
    from rag_eval import runs

    if resume is None:
        if retry_errors:
            raise UsageError("--retry-errors needs a run. Do: rag-eval run --resume latest --retry-errors")
        return None
    if limit is not None:
        raise UsageError("--resume goes on with the cases that the run began with; leave --limit out")
    return runs.find(resume, output or Path("runs"), wanted="newest")


def adjusted(
    experiment: "config.Experiment", jobs: int | None, seed: int | None, output: Path | None, *, mlflow: bool
) -> "config.Experiment":
    """The experiment with what the command line says in place of what the file says."""
    changes: dict[str, object] = {}
    if jobs is not None:
        changes["target"] = experiment.target.model_copy(update={"concurrency": jobs})
        changes["judge"] = experiment.judge.model_copy(update={"concurrency": jobs})
    if seed is not None:
        changes["seed"] = seed
    if output is not None:
        changes["runs"] = str(output)
    if not mlflow:
        changes["mlflow"] = experiment.mlflow.model_copy(update={"enabled": False})
    return experiment.model_copy(update=changes)


def _against(
    name: str | None, experiment: "config.Experiment", *, stop: bool, no_gates: bool, resumed: bool
) -> "results.ScoreFolder | None":
    """The run or baseline that stands for every baseline."""
    from rag_eval import results

    if stop and resumed:
        raise UsageError("--stop-when-decided belongs to a new run: one that is gone on with asks everything")
    if stop and name is None:
        raise UsageError("--stop-when-decided needs a run to be decided against. Add: --against NAME")
    if name is not None and no_gates:
        raise UsageError("--against and --no-gates contradict each other")
    return (
        None
        if name is None
        else results.locate(name, Path(experiment.runs), Path(experiment.baselines), tell=print_note)
    )


def with_gates(
    experiment: "config.Experiment", expressions: Sequence[str] | None, *, no_gates: bool
) -> "config.Experiment":
    """The experiment with the gates of the command line behind its own."""
    if no_gates and expressions:
        raise UsageError("--gate and --no-gates contradict each other")
    more = [gate.text for gate in gating.parsed(expressions)]
    return experiment.model_copy(update={"gates": (*experiment.gates, *more)})


def _tell(finished: "pipeline.Finished", *, as_json: bool) -> None:
    from rag_eval.reports import terminal

    result = finished.result
    if as_json:
        printing.as_json(result.summary, folder=str(result.folder), mlflow=finished.link and links.url(result.folder))
    else:
        printing.show(terminal.run(result.summary))
        printing.located("report", result.folder / "report.html")
        gating.tell_saved(result.summary)
    if finished.link and not as_json:
        links.tell(result.folder)


def _fail_if_due(finished: "pipeline.Finished", undecided: str | None) -> None:
    """A gate that failed decides; else that too little was scored, a tracker that is away, an undecided gate."""
    folder, summary = finished.result.folder, finished.result.summary
    gating.demand_whole(summary, folder, summary.gates)
    untracked = f"{finished.untracked}\nThe run is whole in {folder}. When MLflow is back: rag-eval sync {folder}"
    try:
        gating.leave(summary.gates, undecided)
    except GateFailed:
        if finished.untracked:
            print_error(untracked)
        raise
    except GateUndecided:
        if not finished.untracked:
            raise
    if finished.untracked:
        raise UnreachableError(untracked)
