"""`rag-eval compare`."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded

EXAMPLES = """
[bold]Examples[/bold]

rag-eval compare weak strong

rag-eval compare 20261123-091500-weak latest -o comparison.md
"""


@guarded
def compare(
    a: Annotated[str, typer.Argument(help="The run to compare with: folder, id, experiment's name, or [b]latest[/b].")],
    b: Annotated[str, typer.Argument(help="The run in question.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Compare although judge, dataset or metrics differ.")] = False,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write it as Markdown.")] = None,
    runs_folder: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say whether B is better than A, question by question, with an interval for each difference."""
    from rag_eval import results, runs
    from rag_eval.cli import printing
    from rag_eval.reports import markdown, terminal
    from rag_eval.tracking import store

    one, other = runs.find(a, runs_folder), runs.find(b, runs_folder)
    found = results.compare(one, other, force=force, seed=seed)
    if output is not None:
        output.write_text(markdown.comparison(found), encoding="utf-8")
    link = store.comparison_link(one.path, other.path)
    if as_json:
        printing.as_json(found, mlflow=link)
        return
    printing.show(terminal.comparison(found))
    if link:
        print(f"mlflow   {link}")
