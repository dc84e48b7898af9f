"""`rag-eval sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import gating, links, options
from rag_eval.cli.experiments import Observation, Overrides, observed, overridden
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import IncompleteError, UnreachableError, UsageError

if TYPE_CHECKING:
    from rag_eval import config, sweep

EXAMPLES = """
[bold]Examples[/bold]

rag-eval sweep experiments/top-k.yaml

rag-eval sweep experiments/top-k.yaml --limit 40 --no-gates

rag-eval sweep experiments/top-k.yaml --parallel 3 --baseline 'top_k=5, rerank=true'

rag-eval sweep --resume latest

rag-eval sweep --resume latest --baseline best --json
"""


_Experiment = Annotated[Path | None, typer.Argument(help="Experiment file with a matrix; left out with --resume.")]
_Resume = Annotated[
    str | None, typer.Option(metavar="SWEEP", help="Go on with a sweep: its folder, its id, or [b]latest[/b].")
]
_Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="VARIANT",
        help="What the others are compared with: a variant, its number, or [b]best[/b].",
        show_default="the first",
    ),
]
_Parallel = Annotated[int, typer.Option(min=1, metavar="N", help="Variants that are asked at a time.")]
_MaxConcurrency = Annotated[
    int | None,
    typer.Option("--max-concurrency", "-j", min=1, help="Questions in flight of a variant, and judge calls."),
]
_Sweeps = Annotated[Path, typer.Option("--sweeps", metavar="DIR", help="Folder of sweeps.")]
_NoGates = Annotated[bool, typer.Option("--no-gates", help="Hold no variant to the experiment's gates.")]
_Mlflow = Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep the runs in MLflow.")]


@guarded
def sweep_(
    experiment: _Experiment = None,
    *,
    resume: _Resume = None,
    retry_errors: options.RetryErrors = False,
    baseline: _Baseline = None,
    parallel: _Parallel = 1,
    limit: options.Limit = None,
    max_concurrency: _MaxConcurrency = None,
    seed: options.Seed = None,
    runs_folder: options.RunsOutput = None,
    sweeps: _Sweeps = Path("sweeps"),
    expressions: options.Gates = None,
    undecided: options.UndecidedAs = None,
    no_gates: _NoGates = False,
    mlflow: _Mlflow = True,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    log_format: options.LogFormat = "console",
) -> None:
    """Run every variant that an experiment's matrix makes, and say which is best and what choosing it is worth.

    Each variant is an ordinary run; questions, judge, metrics and seed are the same. The best of many is partly luck,
    so what it is worth is measured on questions that it was not chosen by. One page has all of it, and one each pair.
    Leaves with 1 where the best variant fails a gate, else with 3 where too little was scored or a service was away,
    else with 4 where a gate of it is undecided.
    """
    from rag_eval import sweep, telemetry
    from rag_eval.cli import progress
    from rag_eval.evaluation import session

    telemetry.silence()
    folder = _to_resume(resume, sweeps, limit=limit, seed=seed, retry_errors=retry_errors, given=experiment is not None)
    overrides = Overrides(max_concurrency, seed, runs_folder, mlflow, tuple(expressions or ()), no_gates)
    swept = overridden(_experiment(experiment, folder), overrides)
    how = sweep.SweepOptions(
        limit=limit, gates=not no_gates, parallel=parallel, baseline=baseline, root=sweeps, resume=folder,
        retry_errors=retry_errors,
    )  # fmt: skip
    with observed(Observation(verbose, log_format), swept):
        shown, tell = (session.unseen, lambda _: None) if quiet else (progress.shown, print_note)
        finished = sweep.run(swept, how, shown, tell)
    _tell(finished, as_json=as_json)
    _fail_if_due(finished, undecided)


def _to_resume(
    resume: str | None, root: Path, *, limit: int | None, seed: int | None, retry_errors: bool, given: bool
) -> "sweep.SweepFolder | None":
    from rag_eval import sweep

    if resume is None:
        if retry_errors:
            raise UsageError("--retry-errors needs a sweep. Do: rag-eval sweep --resume latest --retry-errors")
        return None
    if given or limit is not None or seed is not None:
        raise UsageError(
            "--resume goes on with the experiment, cases and seed that the sweep began with; leave them out"
        )
    return sweep.find(resume, root)


def _experiment(path: Path | None, folder: "sweep.SweepFolder | None") -> "config.Experiment":
    from rag_eval import configfile

    return configfile.load(folder.experiment if folder else path or Path("rag-eval.yaml"))


def _tell(finished: "sweep.FinishedSweep", *, as_json: bool) -> None:
    from rag_eval.cli import printing
    from rag_eval.sweep import report

    pages = {label: str(path) for label, path in finished.pages.items()}
    if as_json:
        printing.as_json(finished.result, folder=str(finished.folder.path), page=str(finished.folder.html), pages=pages)
        return
    printing.show(report.terminal(finished.result))
    printing.located("page", finished.folder.html)
    if any(each.link for each in finished.runs):
        links.tell(*_shown(finished))


def _shown(finished: "sweep.FinishedSweep") -> list[Path]:
    """What to look at in MLflow: the leader beside the baseline, or the leader alone."""
    result = finished.result
    base, leader = (result.variant(label) for label in (result.baseline, result.leader or result.baseline))
    return [Path(leader.run)] if base == leader else [Path(base.run), Path(leader.run)]


def _fail_if_due(finished: "sweep.FinishedSweep", undecided: str | None) -> None:
    """A gate of the best variant that failed decides; else that too little was scored, a tracker that is away."""
    result = finished.result
    short = _too_little(finished)
    for label, message in short.items():
        print_error(f"{label}: {message}")
    gates = result.variant(result.leader).gates if result.leader else ()
    if any(gate.outcome == "failed" for gate in gates) or not short:
        gating.leave(gates, undecided)
    if short:
        raise IncompleteError(f"too little was scored of: {', '.join(short)}")
    untracked = [each for each in finished.runs if each.untracked]
    if untracked:
        again = "; ".join(f"rag-eval sync {each.result.folder}" for each in untracked)
        raise UnreachableError(f"{untracked[0].untracked}\nThe runs are whole. When MLflow is back: {again}")


def _too_little(finished: "sweep.FinishedSweep") -> dict[str, str]:
    """Label of each variant of which too little was scored, and what to do."""
    from rag_eval.evaluation import shortage

    by_run = {variant.run: variant.label for variant in finished.result.variants}
    messages = {
        by_run[str(each.result.folder)]: shortage.too_little(each.result.summary, each.result.folder)
        for each in finished.runs
    }
    return {label: message for label, message in messages.items() if message}
