"""`rag-eval doctor`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.diagnosis import DoctorFinding

EXAMPLES = """
[bold]Examples[/bold]

rag-eval doctor

rag-eval doctor -c experiments/strong.yaml

rag-eval doctor questions.xlsx
"""


@guarded
def doctor(
    file: Annotated[
        str | None,
        typer.Argument(help="Rows, documents or traces of yours: what they hold, and what can be done with them."),
    ] = None,
    *,
    experiment: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Also look at what this experiment needs.", metavar="FILE"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what is installed, configured and reachable; last the verdict, and what to do first.

    Of a file it says instead what became of its columns, which scores it has what they need for, and the command that
    works on it.

    What is bad stands behind what is well, and what blocks most before what blocks less; each with what mends it.
    """
    from rag_eval import configfile, diagnosis

    if file is not None:
        _tell_file(file, experiment, as_json=as_json)
        return
    findings = diagnosis.examine(configfile.load(experiment) if experiment else None)
    if as_json:
        printing.dump([{"state": f.state, "about": f.about, "said": f.line} for f in findings])
    else:
        _tell(findings, experiment)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(2)


def _tell_file(file: str, experiment: Path | None, *, as_json: bool) -> None:
    from rag_eval import telemetry
    from rag_eval.cli import inspection

    if experiment is not None:
        raise UsageError("-c looks at an experiment, an argument at a file of data; leave one of them out")
    telemetry.silence()
    inspection.tell(file, as_json=as_json)


_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}
_COLOURS = {"ok": "", "note": "dim", "bad": "red"}


def _tell(findings: "Sequence[DoctorFinding]", experiment: Path | None) -> None:
    """Everything that was looked at, and last what follows from it: that is what is seen of a long list."""
    bad = [finding for finding in findings if finding.state == "bad"]
    for finding in findings:
        printing.styled(f"{_MARKS[finding.state]} {finding.about}: {finding.line}", _COLOURS[finding.state], indent=5)
    printing.say("")
    for sentence, style in _verdict(bad, experiment):
        printing.styled(sentence, style)


def _verdict(bad: "Sequence[DoctorFinding]", experiment: Path | None) -> Iterator[tuple[str, str]]:
    """Whether work can begin, and the first thing to do."""
    what = f"{experiment} can be run" if experiment else "rag-eval can be used"
    if not bad:
        next_ = f"rag-eval validate {experiment}" if experiment else "rag-eval init"
        yield f"ready: {what}", "bold green"
        yield f"next: {next_}", ""
        return
    count = f"{len(bad)} problem{'s' * (len(bad) > 1)}"
    yield f"not ready: {count} {'stand' if len(bad) > 1 else 'stands'} in the way", "bold red"
    yield f"first: {bad[0].about} {bad[0].message}", ""
    yield f"do: {bad[0].do}", "bold"
