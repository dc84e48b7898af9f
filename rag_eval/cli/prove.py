"""`rag-eval gate prove`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag_eval.cli import completion, gating, options
from rag_eval.cli.guard import guarded, print_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from rag_eval.gates.trials import TrialCell
    from rag_eval.proving import KindProof, Proof

EXAMPLES = """
[bold]Examples[/bold]

rag-eval gate prove strong.yaml

rag-eval gate prove strong.yaml --run 20261123-091500-strong --questions 400

rag-eval gate prove strong.yaml --gate 'faithfulness_min.drop_vs <= 0.02' --undecided fail

rag-eval gate prove strong.yaml --sample 40 --yes --json
"""


_Experiment = Annotated[Path, typer.Argument(help="Experiment file, of which the gates are proved.")]
_Run = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="A finished run to spoil.",
        show_default="the experiment's last",
        autocompletion=completion.complete_run,
    ),
]
_Questions = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Questions in a trial, drawn again and again.", show_default="the run's"),
]
_Trials = Annotated[int, typer.Option(min=15, metavar="N", help="Trials for each kind and share, at most.")]
_Sample = Annotated[
    int | None, typer.Option(min=2, metavar="N", help="Spoil only N questions of the run, drawn at random.")
]
_Slices = Annotated[bool, typer.Option("--slices/--no-slices", help="Also tag by tag.")]
_Undecided = Annotated[Literal["pass", "fail"], typer.Option("--undecided", help="Whether an undecided gate blocks.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask a judge that costs money.")]


@guarded
def prove(
    experiment: _Experiment,
    *,
    run: _Run = None,
    expressions: options.Gates = None,
    questions: _Questions = None,
    trials: _Trials = 200,
    sample: _Sample = None,
    slices: _Slices = True,
    undecided: _Undecided = "pass",
    yes: _Yes = False,
    runs_folder: options.RunsFolder = Path("runs"),
    as_json: options.AsJson = False,
) -> None:
    """Spoil a run's answers in known ways, and say how much of each the gates notice.

    Every answer is spoilt once in each way and scored again by the run's own judge; then it is drawn how often 1, 2, 5
    and 10 % of them would be blocked with the run as it is for a baseline. Leaves with 0: it is a report.
    """
    from rag_eval import configfile, proving, runs
    from rag_eval.cli import printing

    wanted = configfile.load(experiment)
    folder = runs.find(run or wanted.name, runs_folder, tell=print_note)
    how = proving.ProofOptions(
        questions=questions,
        trials=trials,
        sample=sample,
        undecided_blocks=undecided == "fail",
        slices=slices,
        more=gating.parsed(expressions),
        paid=yes,
    )
    proof = proving.prove(wanted, folder, how, print_note)
    if as_json:
        printing.as_json(proof)
    else:
        printing.show(_report(proof))


def _report(proof: "Proof") -> "Iterator[RenderableType]":
    from rag_eval.reports.fitting import WrappedText

    spoilt = f"{proof.run}: {proof.asked} questions, {proof.questions} in a trial; {proof.spoilt} spoilt answers"
    yield WrappedText(spoilt)
    yield from (WrappedText(f"  {gate}", indent=4) for gate in proof.gates)
    yield from (WrappedText(f"! left out: {gate}: {why}", "yellow", indent=2) for gate, why in proof.left_out.items())
    yield _table(proof)
    if any(kind.slices for kind in proof.kinds):
        yield _slices(proof)
    yield WrappedText(_unspoilt(proof), indent=2)
    if proof.failed:
        failed = f"! The judge failed on {proof.failed} scores of spoilt answers; run it again to try these."
        yield WrappedText(failed, "yellow", indent=2)
    if proof.embedded_judge:
        embedded = "! The embedded judge reads words and not meaning: it says what these gates see with it."
        yield WrappedText(embedded, "yellow", indent=2)


def _table(proof: "Proof") -> "RenderableType":
    from rag_eval.reports.fitting import FittingTable

    heads = ["damage", *(f"{share:.0%}" for share in proof.shares), "caught from", "can be", "by"]
    rows = [
        (kind.name, *map(_rate, kind.cells), _caught(kind, proof.shares), f"{kind.possible}/{proof.asked}", _by(kind))
        for kind in proof.kinds
    ]
    title = "blocked, by the share of the questions that are spoilt"
    cells = [dict(zip(heads, row, strict=True)) for row in rows]
    return FittingTable("damage", [heads[1:], heads[1:-2]], cells, frozenset({"by"}), frozenset({"by"}), title=title)


def _rate(cell: "TrialCell | None") -> str:
    return "–" if cell is None else f"{cell.rate:.0%}"


def _caught(kind: "KindProof", shares: "Sequence[float]") -> str:
    tried = [share for share, cell in zip(shares, kind.cells, strict=True) if cell is not None]
    return _share(kind.smallest, tried[-1]) if tried else "too few to try"


def _share(share: float | None, most: float) -> str:
    return f"not by {most:.0%}" if share is None else f"{share:.0%}"


def _by(kind: "KindProof") -> str:
    """The two gates that failed most often at the greatest share."""
    last = next((cell for cell in reversed(kind.cells) if cell is not None), None)
    return "–" if last is None else ", ".join([*last.by][:2]) or "none"


def _slices(proof: "Proof") -> "RenderableType":
    from rag_eval.reports.fitting import FittingTable

    tags = sorted({tag for kind in proof.kinds for tag in kind.slices})
    cells = [
        {tag: _share(kind.slices[tag], kind.tried[tag]) if tag in kind.slices else "–" for tag in tags}
        for kind in proof.kinds
    ]
    rows = [{"damage": kind.name, **row} for kind, row in zip(proof.kinds, cells, strict=True)]
    return FittingTable("damage", [tags], rows, title="caught from, if only the questions with one tag are spoilt")


def _unspoilt(proof: "Proof") -> str:
    cell = proof.unspoilt
    how = (
        "two repetitions of each question against each other"
        if proof.repeated
        else f"{cell.share:.0%} of the questions scoring what others with the same tags do; how much system and judge "
        "change by themselves is known only of a run with target.repeats"
    )
    sentence = (
        f"Nothing spoilt: blocked in {cell.blocked} of {cell.trials} trials ({cell.rate:.1%}), "
        f"undecided in {cell.undecided}{'' if proof.undecided_blocks else ', which does not count here'}: {how}."
    )
    if 2 * cell.undecided <= cell.trials:
        return sentence
    return (
        f"{sentence}\n! An unchanged version would come out undecided in {cell.undecided} of {cell.trials} trials "
        f"({'blocked' if proof.undecided_blocks else 'exit code 4'}): ask more questions, or allow more."
    )
