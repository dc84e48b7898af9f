"""`rag-eval sync`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import naming
from rag_eval.cli.guard import guarded, remark
from rag_eval.errors import UnreachableError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval sync latest

rag-eval sync runs/20261123-091500-strong

rag-eval sync loads/20261123-093000-strong
"""


@guarded
def sync(
    run: Annotated[
        str,
        typer.Argument(
            help=f"{naming.RUN_HELP[:-1]}; or the folder of a load test.", autocompletion=naming.complete_run
        ),
    ],
    *,
    runs_folder: naming.RunsFolder = Path("runs"),
    former_runs: naming.FormerRuns = None,
) -> None:
    """Push a run to MLflow again, as when the server was away. Nothing is written twice."""
    from rag_eval import loading, pipeline, results, runs, telemetry

    telemetry.silence()
    if (Path(run) / loading.RESULT).is_file():
        loaded = loading.sync(Path(run))
        if loaded.untracked:
            raise UnreachableError(loaded.untracked)
        print(f"mlflow   {loaded.link}")
        return
    finished = pipeline.track(results.reopen(runs.find(run, former_runs or runs_folder, tell=remark)), insist=True)
    if finished.untracked:
        raise UnreachableError(finished.untracked)
    print(f"mlflow   {finished.link}")
