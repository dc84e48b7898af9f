"""`rag-eval run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import completion, gating, links, options, printing
from rag_eval.cli.experiments import Observation, Overrides, observed, overridden
from rag_eval.cli.guard import guarded, print_error, print_note, uncollected
from rag_eval.errors import GateFailed, GateUndecided, StorageError, UnreachableError, UsageError

if TYPE_CHECKING:
    from rag_eval import config, pipeline, runs
    from rag_eval.evaluation import results
    from rag_eval.pushing import FinishedRun

EXAMPLES = """
[bold]Examples[/bold]

rag-eval run experiments/strong.yaml

rag-eval run experiments/strong.yaml --limit 20 -j 8

rag-eval run experiments/strong.yaml --gate 'correctness.mean >= 0.7' --undecided fail

rag-eval run experiments/strong.yaml --against main --stop-when-decided

rag-eval run experiments/strong.yaml --name reranker-v2

rag-eval run experiments/strong.yaml --dataset dev-v2.0.json

rag-eval run --resume latest

rag-eval run --resume 20261123-091500-strong --retry-errors
"""

_Experiment = Annotated[
    Path | None,
    typer.Argument(help="Experiment file; left out with --resume.", show_default="rag-eval.yaml"),
]
_Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Go on with a run: its folder, its id, or [b]latest[/b].",
        autocompletion=completion.complete_run,
    ),
]
_Name = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="What to call the run, instead of the experiment's.")
]
_MaxConcurrency = Annotated[
    int | None, typer.Option("--max-concurrency", "-j", min=1, help="Questions and judge calls in flight.")
]
_Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that score, with the judge inside.", show_default="the cores, where it pays"),
]
_Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="PATH", help="Questions to ask, instead of the experiment's: any file of rows."),
]
_NoGates = Annotated[bool, typer.Option("--no-gates", help="Hold the run to no gate, as for a first baseline.")]
_Mlflow = Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep the run in MLflow.")]
_SummaryAsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


@guarded
def run(
    experiment: _Experiment = None,
    *,
    resume: _Resume = None,
    retry_errors: options.RetryErrors = False,
    name: _Name = None,
    dataset: _Dataset = None,
    limit: options.Limit = None,
    max_concurrency: _MaxConcurrency = None,
    workers: _Workers = None,
    seed: options.Seed = None,
    runs_folder: options.RunsOutput = None,
    expressions: options.Gates = None,
    undecided: options.UndecidedAs = None,
    no_gates: _NoGates = False,
    against: options.Against = None,
    stop_when_decided: options.StopWhenDecided = False,
    mlflow: _Mlflow = True,
    as_json: _SummaryAsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    log_format: options.LogFormat = "console",
    metrics_port: options.MetricsPort = None,
    metrics_file: options.MetricsFile = None,
) -> None:
    """Ask every question of a dataset, score the answers, and keep it all.

    What is done is kept at once: a run that was stopped, or killed, goes on with --resume and asks nothing twice. The
    experiment's gates, and those of --gate, are looked at last. Leaves with 1 where one fails, else with 3 where too
    little was scored or a service was away, else with 4 where one is undecided.
    """
    with uncollected():
        from rag_eval import pipeline, telemetry

    telemetry.silence()
    folder = _to_resume(resume, runs_folder, limit=limit, dataset=dataset, retry_errors=retry_errors)
    overrides = Overrides(max_concurrency, seed, runs_folder, mlflow, tuple(expressions or ()), no_gates, dataset)
    config, limit = _experiment(experiment, folder, overrides, limit, name)
    stand_in = _against(against, config, stop=stop_when_decided, no_gates=no_gates, resumed=folder is not None)
    how = pipeline.Options(limit, folder, retry_errors, not no_gates, stand_in, stop_when_decided, workers)
    try:
        finished = _run(config, how, Observation(verbose, log_format, metrics_port, metrics_file), quiet=quiet)
    except StorageError as error:
        if error.summary is not None and not as_json:
            from rag_eval.reports import terminal

            printing.show(terminal.run(error.summary))
        raise
    _tell(finished, as_json=as_json)
    _fail_if_due(finished, undecided)


def _run(
    experiment: "config.Experiment", how: "pipeline.Options", observation: Observation, *, quiet: bool
) -> "FinishedRun":
    """The run itself, with its progress on standard error."""
    from rag_eval import pipeline
    from rag_eval.cli import progress
    from rag_eval.evaluation import session

    with observed(observation, experiment) as url:
        if url is not None:
            print_note(f"metrics  {url}")
        with progress.pushing(quiet=quiet) as pushed:
            return pipeline.run(experiment, how, session.unseen if quiet else progress.shown, pushed)


def _experiment(
    path: Path | None, folder: "runs.RunFolder | None", overrides: Overrides, limit: int | None, name: str | None
) -> "tuple[config.Experiment, int | None]":
    """The experiment to run, or to go on with, and how many of its cases."""
    from rag_eval import configfile
    from rag_eval.evaluation import results

    if folder is None:
        return overridden(configfile.load(path or Path("rag-eval.yaml"), name=name), overrides), limit
    if path is not None or overrides.seed is not None:
        raise UsageError("--resume goes on with the experiment and the seed that the run began with; leave them out")
    if name is not None:
        raise UsageError("--resume goes on with a run that has a name; another is given by: rag-eval runs rename")
    return overridden(configfile.load(folder.experiment), overrides), results.limit_of(folder)


def _to_resume(
    resume: str | None, output: Path | None, *, limit: int | None, dataset: str | None, retry_errors: bool
) -> "runs.RunFolder | None":
    from rag_eval import runs

    if resume is None:
        if retry_errors:
            raise UsageError("--retry-errors needs a run. Do: rag-eval run --resume latest --retry-errors")
        return None
    if limit is not None:
        raise UsageError("--resume goes on with the cases that the run began with; leave --limit out")
    if dataset is not None:
        raise UsageError("--resume goes on with the questions that the run began with; leave --dataset out")
    return runs.find(resume, output or Path("runs"), wanted="newest")


def _against(
    name: str | None, experiment: "config.Experiment", *, stop: bool, no_gates: bool, resumed: bool
) -> "results.ScoreFolder | None":
    """The run or baseline that stands for every baseline."""
    from rag_eval.evaluation import results

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


def _tell(finished: "FinishedRun", *, as_json: bool) -> None:
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


def _fail_if_due(finished: "FinishedRun", undecided: str | None) -> None:
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
