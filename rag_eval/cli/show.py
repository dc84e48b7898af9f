"""`rag-eval show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options
from rag_eval.cli.guard import guarded, print_note

if TYPE_CHECKING:
    from rag_eval.records import Summary

EXAMPLES = """
[bold]Examples[/bold]

rag-eval show latest

rag-eval show strong --json | jq '.metrics[] | {name, mean}'

rag-eval show latest --case harbour-014
"""


@guarded
def show(
    run: options.Run = "latest",
    *,
    case: Annotated[str | None, typer.Option(help="One case, with its answer and the evidence of its scores.")] = None,
    full: Annotated[bool, typer.Option("--full", help="With --case: contexts from beginning to end.")] = False,
    runs_folder: options.RunsFolder = Path("runs"),
    former_runs: options.FormerRuns = None,
    as_json: options.AsJson = False,
) -> None:
    """Print a run again, finished or not, from its journal."""
    from rag_eval import runs
    from rag_eval.cli import printing
    from rag_eval.evaluation import results
    from rag_eval.reports import terminal

    folder = runs.find(run, former_runs or runs_folder, wanted="current", tell=print_note)
    if case is not None:
        row = results.case_of(folder, case)
        printing.case_json(row) if as_json else printing.show(terminal.case(row, full=full))
        return
    summary = results.summary_of(folder)
    printing.as_json(summary, folder=str(folder.path)) if as_json else print_summary(summary)


def print_summary(summary: "Summary") -> None:
    """A run as a table."""
    from rag_eval.cli import printing
    from rag_eval.reports import terminal

    printing.show(terminal.run(summary))
