"""`rag-eval show`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded

EXAMPLES = """
[bold]Examples[/bold]

rag-eval show latest

rag-eval show strong --json | jq '.metrics[] | {name, mean}'

rag-eval show latest --case harbour-014
"""


@guarded
def show(
    run: Annotated[
        str, typer.Argument(help="A run's folder, its id, an experiment's name, or [b]latest[/b].")
    ] = "latest",
    *,
    case: Annotated[str | None, typer.Option(help="One case, with its answer and the evidence of its scores.")] = None,
    full: Annotated[bool, typer.Option("--full", help="With --case: contexts from beginning to end.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of run folders.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Print a run again, finished or not, from its journal."""
    from rag_eval import results, runs
    from rag_eval.cli import printing
    from rag_eval.reports import terminal

    folder = runs.find(run, output)
    if case is not None:
        row = results.case_of(folder, case)
        printing.case_json(row) if as_json else printing.show(terminal.case(row, full=full))
        return
    summary = results.summary_of(folder)
    printing.as_json(summary, folder=str(folder.path)) if as_json else printing.show(terminal.run(summary))
