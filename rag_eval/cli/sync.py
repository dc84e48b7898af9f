"""`rag-eval sync`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import completion, links, options
from rag_eval.cli.guard import guarded, print_note
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
            help=f"{options.RUN_HELP[:-1]}; or the folder of a load test.", autocompletion=completion.complete_run
        ),
    ],
    *,
    runs_folder: options.RunsFolder = Path("runs"),
    former_runs: options.FormerRuns = None,
) -> None:
    """Push a run to MLflow again, as when the server was away. Nothing is written twice."""
    from rag_eval import pushing, runs, telemetry
    from rag_eval.cli import progress
    from rag_eval.evaluation import results
    from rag_eval.loadtest import runner

    telemetry.silence()
    if (Path(run) / runner.RESULT).is_file():
        loaded = runner.sync(Path(run))
        if loaded.untracked:
            raise UnreachableError(loaded.untracked)
        links.tell(Path(run))
        return
    folder = runs.find(run, former_runs or runs_folder, tell=print_note)
    with progress.pushing() as pushed:
        finished = pushing.track(results.rebuild(folder), insist=True, pushed=pushed)
    if finished.untracked:
        raise UnreachableError(finished.untracked)
    links.tell(finished.result.folder)
