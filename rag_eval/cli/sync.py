"""`rag-eval sync`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import links
from rag_eval.cli.guard import guarded
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
            help="A run's folder, its id, an experiment's name, or [b]latest[/b]; or the folder of a load test."
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of run folders.")] = Path("runs"),
) -> None:
    """Push a run to MLflow again, as when the server was away. Nothing is written twice."""
    from rag_eval import loading, publishing, results, runs, telemetry
    from rag_eval.cli import progress

    telemetry.silence()
    if (Path(run) / loading.RESULT).is_file():
        loaded = loading.sync(Path(run))
        if loaded.untracked:
            raise UnreachableError(loaded.untracked)
        links.tell(Path(run))
        return
    with progress.pushing() as pushed:
        finished = publishing.track(results.reopen(runs.find(run, output)), insist=True, pushed=pushed)
    if finished.untracked:
        raise UnreachableError(finished.untracked)
    links.tell(finished.result.folder)
