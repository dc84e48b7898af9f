"""`rag-eval compare`."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import completion, gating, links, options
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import runs
    from rag_eval.publishing import ComparedRuns

EXAMPLES = """
[bold]Examples[/bold]

rag-eval compare weak strong

rag-eval compare 20261123-091500-weak latest -o comparison.md

rag-eval compare weak strong --metric faithfulness --losses 10

rag-eval compare main candidate-1 candidate-2 candidate-3

rag-eval compare main strong --gate 'context_recall.drop_vs <= 0.02'
"""

_RUNS, _BASELINES = Path("runs"), Path("baselines")

_A = Annotated[
    str,
    typer.Argument(
        help="What to compare with: a baseline's name or a run's folder, id, experiment, [b]latest[/b].",
        autocompletion=completion.complete_scores,
    ),
]
_Others = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="B…",
        show_default=False,
        help="The run in question, or several, each against the first.",
        autocompletion=completion.complete_scores,
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Compare although judge, dataset or metrics differ.")]
_Partial = Annotated[bool, typer.Option("--partial", help="Compare a run that is not finished, over what it has.")]
_Metric = Annotated[
    list[str] | None, typer.Option("--metric", help="List the questions that moved on this one; may be repeated.")
]
_Losses = Annotated[
    int, typer.Option("--losses", min=0, metavar="N", help="Questions that lost, and that gained, to list.")
]
_Output = Annotated[Path | None, typer.Option("--output", "-o", help="Also write it as Markdown.")]
_Comparisons = Annotated[
    Path, typer.Option("--comparisons", metavar="DIR", help="Folder that the page of each pair is written to.")
]
_Mlflow = Annotated[
    bool, typer.Option("--mlflow/--no-mlflow", help="Whether to put the page beside B, where MLflow has it.")
]


@dataclass(frozen=True)
class CompareOptions:
    """How runs are compared."""

    a: str
    others: tuple[str, ...]
    """Names of what is held against `a`."""
    force: bool
    partial: bool
    seed: int
    gates: tuple[str, ...]
    """Expressions that are held to, with A as every baseline."""
    runs: Path
    baselines: Path


@guarded
def compare(
    a: _A,
    others: _Others = None,
    *,
    force: _Force = False,
    partial: _Partial = False,
    metric: _Metric = None,
    losses: _Losses = 3,
    seed: options.BootstrapSeed = 0,
    output: _Output = None,
    runs_folder: options.RunsFolder = _RUNS,
    expressions: options.Gates = None,
    undecided: options.UndecidedAs = None,
    baselines: options.Baselines = _BASELINES,
    comparisons: _Comparisons = Path("comparisons"),
    mlflow: _Mlflow = True,
    as_json: options.AsJson = False,
) -> None:
    """Say whether B is better than A, question by question, with an interval for each difference.

    A question that got no answer counts as 0 for correctness, recall and ranking, and stands in `answered`. Refusals
    are apart: faithfulness speaks of what both answered. Runs that are not finished are refused without --partial.
    Several runs are each held against the first, and what is concluded is adjusted for all of them. A page with every
    pair of answers, Markdown for a pull request and JSON are written for each pair.
    Without --gate the exit code is 0 also where B is worse; with it A stands for every baseline that gates name.
    """
    from rag_eval.reports import markdown

    how = CompareOptions(
        a, _others(others, a, runs_folder), force, partial, seed, tuple(expressions or ()), runs_folder, baselines
    )
    pairs = _compared(how)
    compared = [pair.comparison for pair in pairs]
    _demand_known(metric or [], [m.name for m in compared[0].metrics])
    if output is not None:
        _put(output, "\n".join(map(markdown.comparison, compared)))
    pages = [_write(pair, comparisons, mlflow=mlflow) for pair in pairs]
    if as_json:
        _print_json(pairs, pages)
    else:
        _show(pairs, metric or (), losses, pages)
    decided = tuple(gate for comparison in compared for gate in comparison.gates)
    for pair in pairs if how.gates else ():
        gating.demand_scored(pair.b, decided)
    gating.leave(decided, undecided)


def _others(names: list[str] | None, a: str, root: Path) -> tuple[str, ...]:
    """The runs in question; raises `UsageError` that names some where none is."""
    from rag_eval.runs import names as ids

    if names:
        return tuple(names)
    there = [run for run in reversed(ids.known(root)) if run != a][:3]
    last = f" The last in {root}: {', '.join(there)}." if there else ""
    raise UsageError(f"compare takes two runs, A and B: which one is held against {a}?{last} Do: rag-eval runs")


def _put(path: Path, text: str) -> None:
    """Write what --output asks for; raises `UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written: {error.strerror}") from error


def _compared(how: CompareOptions) -> "list[ComparedRuns]":
    """Each of the others against the first, with the gates of the command line decided."""
    from rag_eval import publishing
    from rag_eval.evaluation import results
    from rag_eval.evaluation.comparison import compare_all

    wanted: runs.Wanted = "current" if how.partial else "full"
    base, *others = (
        results.locate(name, how.runs, how.baselines, wanted=wanted, tell=print_note) for name in (how.a, *how.others)
    )
    for name, other in zip(how.others, others, strict=True):
        if other.path.resolve() == base.path.resolve():
            raise UsageError(f"{how.a} and {name} are the same run: {base.id}")
    demanded = gating.parsed(how.gates)
    compared = list(compare_all(base, others, force=how.force, partial=how.partial, seed=how.seed))
    if demanded:
        for place, other in enumerate(others):
            parts = results.gate(other, demanded, against=base, root=how.baselines, force=how.force)
            compared[place] = compared[place].model_copy(update={"gates": parts})
    command = _command(how)
    return [
        publishing.ComparedRuns(base, other, comparison, shlex.join([*command, name]), how.seed)
        for name, other, comparison in zip(how.others, others, compared, strict=True)
    ]


def _demand_known(asked: Sequence[str], names: Sequence[str]) -> None:
    """Raise `UsageError` for a metric that is not compared."""
    for name in asked:
        if name not in names:
            raise UsageError(f"--metric {name}: is not compared here; there are: {', '.join(names)}")


def _command(how: CompareOptions) -> list[str]:
    """What makes the comparison again, but for the name of B."""
    words = ["rag-eval", "compare"]
    words += ["--force"] * how.force + ["--partial"] * how.partial + (["--seed", str(how.seed)] if how.seed else [])
    folders = {"--runs": (how.runs, _RUNS), "--baselines": (how.baselines, _BASELINES)}
    for option, (folder, usual) in folders.items():
        words += [option, str(folder)] if folder != usual else []
    for gate in how.gates:
        words += ["--gate", gate]
    return [*words, how.a]


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


def _print_json(pairs: "Sequence[ComparedRuns]", pages: Sequence[Path | None]) -> None:
    """One comparison as an object; several as an object that lists them."""
    parts = [
        {
            **pair.comparison.model_dump(mode="json"),
            "mlflow": links.url(pair.a.path, pair.b.path),
            "page": page and str(page),
        }
        for pair, page in zip(pairs, pages, strict=True)
    ]
    record = parts[0] if len(parts) == 1 else {"comparisons": parts}
    print(json.dumps(record, indent=2, ensure_ascii=False))


def _show(pairs: "Sequence[ComparedRuns]", focus: Sequence[str], listed: int, pages: Sequence[Path | None]) -> None:
    """The overview of all pairs, and then each of them."""
    from rag_eval.cli import printing
    from rag_eval.reports import terminal

    printing.show(terminal.overview([pair.comparison for pair in pairs]))
    for pair, page in zip(pairs, pages, strict=True):
        printing.show(terminal.comparison(pair.comparison, focus, listed))
        if page:
            printing.located("page", page)
        links.tell(pair.a.path, pair.b.path)
