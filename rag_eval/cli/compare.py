"""`rag-eval compare`."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import gating, links, naming
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import runs
    from rag_eval.publishing import ComparedRuns
    from rag_eval.records import Comparison

EXAMPLES = """
[bold]Examples[/bold]

rag-eval compare weak strong

rag-eval compare 20261123-091500-weak latest -o comparison.md

rag-eval compare weak strong --metric faithfulness --losses 10

rag-eval compare main candidate-1 candidate-2 candidate-3

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
            help="What to compare with: a baseline's name or a run's folder, id, experiment, [b]latest[/b].",
            autocompletion=naming.complete_scores,
        ),
    ],
    others: Annotated[
        list[str],
        typer.Argument(
            metavar="B…",
            help="The run in question, or several, each against the first.",
            autocompletion=naming.complete_scores,
        ),
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Compare although judge, dataset or metrics differ.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Compare a run that is not finished, over what it has.")
    ] = False,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="List the questions that moved on this one; may be repeated.")
    ] = None,
    losses: Annotated[
        int, typer.Option("--losses", min=0, metavar="N", help="Questions that lost, and that gained, to list.")
    ] = 3,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write it as Markdown.")] = None,
    runs_folder: naming.RunsFolder = Path("runs"),
    expressions: gating.Expressions = None,
    undecided: gating.Undecided = None,
    baselines: gating.Baselines = Path("baselines"),
    comparisons: Annotated[
        Path, typer.Option("--comparisons", metavar="DIR", help="Folder that the page of each pair is written to.")
    ] = Path("comparisons"),
    mlflow: Annotated[
        bool, typer.Option("--mlflow/--no-mlflow", help="Whether to put the page beside B, where MLflow has it.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say whether B is better than A, question by question, with an interval for each difference.

    A question that got no answer counts as 0 for correctness, recall and ranking, and stands in `answered`. Refusals
    are apart: faithfulness speaks of what both answered. Runs that are not finished are refused without --partial.
    Several runs are each held against the first, and what is concluded is adjusted for all of them. A page with every
    pair of answers, Markdown for a pull request and JSON are written for each pair.
    Without --gate the exit code is 0 also where B is worse; with it A stands for every baseline that gates name.
    """
    from rag_eval import publishing, results
    from rag_eval.cli import printing
    from rag_eval.reports import markdown, terminal

    wanted: runs.Wanted = "current" if partial else "full"
    one, *held = (results.locate(name, runs_folder, baselines, wanted=wanted, tell=print_note) for name in (a, *others))
    for name, other in zip(others, held, strict=True):
        if other.path.resolve() == one.path.resolve():
            raise UsageError(f"{a} and {name} are the same run: {one.id}")
    demanded = gating.parsed(expressions)
    compared = list(results.compare_all(one, held, force=force, partial=partial, seed=seed))
    if demanded:
        for place, other in enumerate(held):
            parts = results.gate(other, demanded, against=one, root=baselines, force=force)
            compared[place] = compared[place].model_copy(update={"gates": parts})
    _known(metric or [], [m.name for m in compared[0].metrics])
    if output is not None:
        output.write_text("\n".join(map(markdown.comparison, compared)), encoding="utf-8")
    command = _command(a, force=force, partial=partial, seed=seed, gates=expressions or ())
    pairs = [
        publishing.ComparedRuns(one, other, found, shlex.join([*command, name]), seed)
        for name, other, found in zip(others, held, compared, strict=True)
    ]
    pages = [_write(pair, comparisons, mlflow=mlflow) for pair in pairs]
    if as_json:
        _print_json(compared, [links.url(one.path, other.path) for other in held], pages)
    else:
        printing.show(terminal.overview(compared))
        for comparison, other, page in zip(compared, held, pages, strict=True):
            _show(comparison, metric or (), losses, page)
            links.tell(one.path, other.path)
    decided = tuple(gate for comparison in compared for gate in comparison.gates)
    for other in held if demanded else ():
        gating.demand_scored(other, decided)
    gating.leave(decided, undecided)


def _command(a: str, *, force: bool, partial: bool, seed: int, gates: Sequence[str]) -> list[str]:
    """What makes the comparison again, but for the name of B."""
    words = ["rag-eval", "compare"]
    words += ["--force"] * force + ["--partial"] * partial + (["--seed", str(seed)] if seed else [])
    for gate in gates:
        words += ["--gate", gate]
    return [*words, a]


def _write(compared: "ComparedRuns", folder: Path, *, mlflow: bool) -> Path | None:
    """The page of a pair; None where it cannot be written, which is told: what was found stands all the same."""
    from rag_eval import pushing

    try:
        written = compared.write(folder)
    except UsageError as error:
        print_note(f"! {error}. Elsewhere: --comparisons DIR")
        return None
    if mlflow and (why := pushing.log_comparison(compared.b.path, written.path, compared.comparison.a)):
        print_note(f"! the page is not in MLflow: {why}")
    return written.html


def _print_json(compared: "Sequence[Comparison]", links: Sequence[str | None], pages: Sequence[Path | None]) -> None:
    """One comparison as an object; several as an object that lists them."""
    parts = [
        {**comparison.model_dump(mode="json"), "mlflow": link, "page": page and str(page)}
        for comparison, link, page in zip(compared, links, pages, strict=True)
    ]
    record = parts[0] if len(parts) == 1 else {"comparisons": parts}
    print(json.dumps(record, indent=2, ensure_ascii=False))


def _show(comparison: "Comparison", focus: Sequence[str], listed: int, page: Path | None) -> None:
    from rag_eval.cli import printing
    from rag_eval.reports import terminal

    printing.show(terminal.comparison(comparison, focus, listed))
    if page:
        printing.located("page", page)
