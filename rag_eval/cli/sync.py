"""`rag-eval sync`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded
from rag_eval.errors import UnreachableError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval sync latest

rag-eval sync runs/20261123-091500-strong
"""


@guarded
def sync(
    run: Annotated[str, typer.Argument(help="A run's folder, its id, an experiment's name, or [b]latest[/b].")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of run folders.")] = Path("runs"),
) -> None:
    """Push a run to MLflow again, as when the server was away. Nothing is written twice."""
    from rag_eval import pipeline, results, runs, telemetry

    telemetry.silence()
    finished = pipeline.track(results.reopen(runs.find(run, output)), insist=True)
    if finished.untracked:
        raise UnreachableError(finished.untracked)
    print(f"mlflow   {finished.link}")
