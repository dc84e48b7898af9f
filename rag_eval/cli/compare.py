"""`rag-eval compare`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import gating
from rag_eval.cli.guard import guarded
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.records import Comparison

EXAMPLES = """
[bold]Examples[/bold]

rag-eval compare weak strong

rag-eval compare 20261123-091500-weak latest -o comparison.md

rag-eval compare weak strong --metric faithfulness

rag-eval compare main strong --gate 'context_recall.drop_vs <= 0.02'
"""


def _known(asked: Sequence[str], names: Sequence[str]) -> None:
    """Raise `UsageError` for a metric that is not compared."""
    for name in asked:
        if name not in names:
            raise UsageError(f"--metric {name}: is not compared here; there are: {', '.join(names)}")


@guarded
def compare(
    a: Annotated[
        str,
        typer.Argument(
            help="What to compare with: a baseline's name or a run's folder, id, experiment, [b]latest[/b]."
        ),
    ],
    b: Annotated[str, typer.Argument(help="The run in question.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Compare although judge, dataset or metrics differ.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Compare a run that is not finished, over what it has.")
    ] = False,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="List the questions that moved on this one; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write it as Markdown.")] = None,
    runs_folder: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
    expressions: gating.Expressions = None,
    undecided: gating.Undecided = None,
    baselines: gating.Baselines = Path("baselines"),
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say whether B is better than A, question by question, with an interval for each difference.

    A question that got no answer counts as 0 for correctness, recall and ranking, and stands in `answered`. Refusals
    are apart: faithfulness speaks of what both answered. Runs that are not finished are refused without --partial.
    Without --gate the exit code is 0 also where B is worse; with it A stands for every baseline that gates name.
    """
    from rag_eval import results
    from rag_eval.reports import markdown
    from rag_eval.tracking import store

    one, other = (results.locate(name, runs_folder, baselines) for name in (a, b))
    demanded = gating.parsed(expressions)
    found = results.compare(one, other, force=force, partial=partial, seed=seed)
    if demanded:
        decided = results.gate(other, demanded, against=one, root=baselines, force=force)
        found = found.model_copy(update={"gates": decided})
    _known(metric or [], [m.name for m in found.metrics])
    if output is not None:
        output.write_text(markdown.comparison(found), encoding="utf-8")
    _tell(found, metric or (), store.comparison_link(one.path, other.path), as_json=as_json)
    gating.leave(found.gates, undecided)


def _tell(comparison: "Comparison", focus: Sequence[str], link: str | None, *, as_json: bool) -> None:
    from rag_eval.cli import printing
    from rag_eval.reports import terminal

    if as_json:
        printing.as_json(comparison, mlflow=link)
        return
    printing.show(terminal.comparison(comparison, focus))
    if link:
        print(f"mlflow   {link}")
