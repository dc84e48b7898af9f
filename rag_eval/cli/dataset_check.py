"""`rag-eval dataset check`, and what differs between two datasets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import completion, options, printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import IncompleteError, UsageError
from rag_eval.plugins import CHECKS

if TYPE_CHECKING:
    from rag_eval.dataset.checks import CheckReport, DatasetFinding, Severity
    from rag_eval.dataset.checks.tolerance import Tolerance
    from rag_eval.dataset.versions import DatasetDifference

EXAMPLES = """
[bold]Examples[/bold]

rag-eval dataset check datasets/support

rag-eval dataset check datasets/support --corpus handbook/ --fail-on error

rag-eval dataset check datasets/support --run weak --run strong --effect 0.05

rag-eval dataset check datasets/support --model gpt-4.1-mini --fix
"""
_SHOWN = 5
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
_LONGEST = 200
"""Letters of a message that are shown."""


class FailOn(StrEnum):
    """The least severity that counts against a dataset."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


_SEVERITIES: "dict[FailOn, Severity]" = {FailOn.ERROR: "error", FailOn.WARNING: "warning", FailOn.NOTE: "note"}


_Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="Dataset folder.")]
_Corpus = Annotated[str | None, typer.Option(help="The corpus as it is now; the one beside the cases if left out.")]
_PastRuns = Annotated[
    list[str] | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="A past run over this dataset; may be repeated.",
        autocompletion=completion.complete_run,
    ),
]
_Effect = Annotated[float, typer.Option(min=0.001, max=1, help="Difference of two means that must be seen.")]
_Only = Annotated[
    list[str] | None,
    typer.Option("--only", help=f"Look for this only; may be repeated. There are: {', '.join(CHECKS.builtin)}."),
]
_Skip = Annotated[list[str] | None, typer.Option("--skip", help="Do not look for this; may be repeated.")]
_Judge = Annotated[Path | None, typer.Option("--judge", help="Experiment file whose judge is asked.")]
_Model = Annotated[str | None, typer.Option(help="OpenAI-compatible model that is asked; see OPENAI_BASE_URL.")]
_Fix = Annotated[bool, typer.Option("--fix", help="Mend what is safe, and check again.")]
_Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where --fix writes; over DATASET if left out.")]
_FailOn = Annotated[FailOn, typer.Option(help="Leave with 1 for findings of this severity or graver.")]
_Allow = Annotated[str, typer.Option(metavar="N|P%", help="So many of those findings, or a share of the rows, may be.")]
_All = Annotated[bool, typer.Option("--all", help="List every finding.")]


@guarded
def check(
    dataset: _Dataset,
    *,
    corpus: _Corpus = None,
    run: _PastRuns = None,
    runs_folder: options.RunsFolder = Path("runs"),
    effect: _Effect = 0.1,
    only: _Only = None,
    skip: _Skip = None,
    judge: _Judge = None,
    model: _Model = None,
    base_url: options.BaseUrl = None,
    fix: _Fix = False,
    output: _Output = None,
    fail_on: _FailOn = FailOn.WARNING,
    allow: _Allow = "0",
    all_: _All = False,
    as_json: options.AsJson = False,
) -> None:
    """Say whether ground truth can be trusted; each finding names rows and what to do.

    Without a judge that reads meaning, what needs one is judged by words: it finds references that speak of something
    else, and not those that are subtly wrong.
    """
    from rag_eval import curation, runs, telemetry
    from rag_eval.cli import judges

    telemetry.silence()
    if output is not None and not fix:
        raise UsageError("--output: is where --fix writes; say --fix too")
    tolerance = _tolerance(fail_on, allow)
    past = tuple(runs.find(name, runs_folder, tell=print_note) for name in run or ())
    how = curation.CheckOptions(
        judge=judges.chosen(judge, model, base_url), corpus=corpus, past=past, effect=effect,
        only=_known(only or [], "--only"), skip=_known(skip or [], "--skip"), fix=fix, output=output,
    )  # fmt: skip
    with _progress() as watch:
        outcome = curation.check(dataset, how, watch)
    report = outcome.report
    if as_json:
        printing.as_json(report, fixed=outcome.fixed, passed=tolerance.is_kept(report))
    else:
        _tell(report, every=all_)
        _tell_fixed(outcome.fixed, output or dataset, fix=fix)
    _fail_if_due(report, tolerance, fail_on)


def _tolerance(fail_on: FailOn, allow: str) -> "Tolerance":
    from rag_eval.dataset.checks.tolerance import Tolerance

    try:
        return Tolerance.parse(_SEVERITIES.get(fail_on), allow)
    except ValueError:
        raise UsageError(
            f"--allow {allow}: expected a number of findings, such as 3, or a share of the rows, such as 2%"
        ) from None


def _fail_if_due(report: "CheckReport", tolerance: "Tolerance", fail_on: FailOn) -> None:
    if lost := [finding for finding in report.findings if finding.check == "not-judged"]:
        raise IncompleteError(f"the judge gave no verdict on {len(lost)} cases: {lost[0].message}")
    if not tolerance.is_kept(report):
        counted, allowed = len(tolerance.counted(report)), tolerance.allowed(report)
        print_note(f"{counted} findings count against it (--fail-on {fail_on.value}), {allowed} are allowed")
        raise typer.Exit(1)


def _known(names: list[str], option: str) -> tuple[str, ...]:
    for name in names:
        if name not in CHECKS:
            raise UsageError(f"{option} {name}: there is no such check; there are: {', '.join(CHECKS.names())}")
    return tuple(names)


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    """On a terminal, how many cases have been judged."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.completed:.0f} cases judged"), console=console, transient=True
    ) as bar:
        task = bar.add_task("judged", total=None)
        yield lambda: bar.advance(task)


def _tell(report: "CheckReport", *, every: bool) -> None:
    printing.say(f"{report.name}: {report.rows} cases, fingerprint {report.fingerprint}")
    groups: dict[tuple[Severity, str], list[DatasetFinding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.severity, finding.check), []).append(finding)
    for (severity, name), members in groups.items():
        _tell_group(severity, name, members, every=every)
    _tell_end(report)


def _tell_group(severity: "Severity", name: str, members: "list[DatasetFinding]", *, every: bool) -> None:
    """The findings of one check, and what is to be done about them."""
    from rich.text import Text

    from rag_eval.language.sentences import shorten

    heading = Text.assemble("\n", (severity, _COLOURS[severity]), " ", (name, "bold"), f" ×{len(members)}")
    printing.show([heading])
    for finding in members if every else members[:_SHOWN]:
        where = f"{_rows(finding.rows)}: " if finding.rows else ""
        printing.say(f"  {where}{shorten(finding.message, _LONGEST)}")
    if len(members) > _SHOWN and not every:
        printing.say(f"  … and {len(members) - _SHOWN} more; --all lists them")
    printing.say(f"  do: {members[0].fix}", indent=6)


def _tell_end(report: "CheckReport") -> None:
    reasons: dict[str, list[str]] = {}
    for name, reason in report.skipped.items():
        reasons.setdefault(reason, []).append(name)
    counts = ", ".join(f"{len([f for f in report.findings if f.severity == s])} {s}s" for s in _COLOURS)
    printing.say(f"\n{counts}; {len(report.ran)} checks, judged by {report.judge}")
    for reason, names in reasons.items():
        printing.say(f"not looked at: {', '.join(names)} ({reason})")
    if report.smallest_difference is not None:
        difference = f"{report.smallest_difference:.2f}"
        printing.say(f"smallest difference that a comparison over it shows four times out of five: {difference}")


def _rows(rows: tuple[str, ...]) -> str:
    return ", ".join(rows[:_SHOWN]) + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")


def _tell_fixed(fixed: dict[str, int], where: Path, *, fix: bool) -> None:
    if fixed:
        printing.say(f"mended in {where}: " + ", ".join(f"{name} {count}" for name, count in fixed.items()))
    elif fix:
        printing.say("nothing could be mended safely; nothing was written")


def tell_difference(difference: "DatasetDifference") -> None:
    """Print what differs between two datasets."""
    from rag_eval.language.sentences import shorten

    for key in difference.removed:
        printing.say(f"- {key}")
    for key in difference.added:
        printing.say(f"+ {key}")
    for old, new in difference.renamed.items():
        printing.say(f"  {old} → {new}")
    for case in difference.changed:
        printing.say(f"~ {case.id} → {case.new_id}" if case.new_id else f"~ {case.id}")
        for name, (before, after) in case.fields.items():
            printing.say(f"    {name}: {shorten(repr(before), _LONGEST)}")
            printing.say(f"    {' ' * len(name)}→ {shorten(repr(after), _LONGEST)}")
    counts = {
        "added": difference.added,
        "removed": difference.removed,
        "changed": difference.changed,
        "renamed": difference.renamed,
    }
    printing.say(
        ", ".join(f"{len(members)} {name}" for name, members in counts.items()) + f", {difference.same} the same"
    )
