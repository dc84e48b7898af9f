"""`rag-eval ci`."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import gating, options, printing
from rag_eval.cli.experiments import Observation, Overrides, observed, overridden
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import abtest, config
    from rag_eval.records import GateOutcome
    from rag_eval.reports.comment import CommentSubject

EXAMPLES = """
[bold]Examples[/bold]

rag-eval ci support.yaml --base https://rag.example.com --head https://pr-12.rag.example.com

rag-eval ci experiments/weak.yaml experiments/strong.yaml --limit 60 --undecided pass

rag-eval ci support.yaml --head http://127.0.0.1:8000 --stop-when-decided

rag-eval ci support.yaml --head http://127.0.0.1:8000 --gate 'correctness.drop_vs(base) <= 0.02' --junit rag-eval.xml
"""

_IMPLIED = (
    "The experiment has no gates; in their place stands that neither the share of answers nor the primary metric may "
    "drop clearly."
)
_COMMENT, _COMPARISON, _PAGE = "rag-eval-comment.md", "comparison.md", "compare.html"


_Experiment = Annotated[Path, typer.Argument(help="Experiment; with a second one, that of the base.")]
_HeadExperiment = Annotated[
    Path | None, typer.Argument(metavar="[HEAD]", help="Experiment of the head, in place of --base and --head.")
]
_Base = Annotated[
    str | None, typer.Option(metavar="URL", help="Where the version in use is served; target.url's if left out.")
]
_Head = Annotated[
    str | None, typer.Option(metavar="URL", help="Where the version in question is; target.url's if left out.")
]
_MaxConcurrency = Annotated[
    int | None, typer.Option("--max-concurrency", "-j", min=1, help="Questions in flight to each, and judge calls.")
]
_Comment = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Markdown for the pull request.", show_default="in the job's folder")
]
_Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write JUnit XML.")]
_Mlflow = Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Whether to keep both runs in MLflow.")]


@guarded
def ci(
    experiment: _Experiment,
    head_experiment: _HeadExperiment = None,
    *,
    base: _Base = None,
    head: _Head = None,
    limit: options.Limit = None,
    max_concurrency: _MaxConcurrency = None,
    seed: options.Seed = None,
    runs_folder: options.RunsOutput = None,
    expressions: options.Gates = None,
    undecided: options.UndecidedAs = None,
    stop_when_decided: options.StopWhenDecided = False,
    comment: _Comment = None,
    junit: _Junit = None,
    mlflow: _Mlflow = True,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    log_format: options.LogFormat = "console",
) -> None:
    """Ask two versions of a service side by side, and say whether the head may take the base's place.

    Each question goes to both at the same time, to one judge. The gates of the experiment decide, with the base as
    every baseline; without gates, answers and the primary metric must not clearly drop. Leaves with 0 where every gate
    passes, 1 where one fails, else 3 where too little was scored or a service was away, else 4 where one is undecided.
    """
    from rag_eval import abtest, telemetry
    from rag_eval.cli import progress
    from rag_eval.evaluation import session

    telemetry.silence()
    overrides = Overrides(max_concurrency, seed, runs_folder, mlflow)
    versions = [overridden(part, overrides) for part in _both(experiment, head_experiment, base, head)]
    versions[1] = overridden(versions[1], Overrides(gates=tuple(expressions or ())))
    with observed(Observation(verbose, log_format), *versions):
        shown = session.unseen if quiet else progress.shown
        decision = abtest.run(versions[0], versions[1], abtest.AbOptions(limit=limit, stop=stop_when_decided), shown)
    files = _write(decision, versions[1].name, undecided, comment, junit)
    _tell(decision, files, as_json=as_json)
    for finished in (decision.base, decision.head):
        gating.demand_whole(finished.result.summary, finished.result.folder, decision.comparison.gates)
    gating.leave(decision.comparison.gates, undecided)


def _both(
    first: Path, second: Path | None, base: str | None, head: str | None
) -> "tuple[config.Experiment, config.Experiment]":
    """The experiments of base and head."""
    from rag_eval import abtest, configfile

    addresses = base is not None or head is not None
    if second is not None and addresses:
        raise UsageError("two experiments say where each version is; leave --base and --head out")
    if second is not None:
        return configfile.load(first), configfile.load(second)
    if not addresses:
        raise UsageError("there is one version only. Give --base URL and --head URL, or a second experiment")
    return abtest.served_at(configfile.load(first), base, head)


def _write(
    decision: "abtest.AbResult", name: str, undecided: str | None, comment: Path | None, junit: Path | None
) -> dict[str, Path]:
    """Write what is made of both runs; where each file is."""
    from rag_eval.reports import comment as comments
    from rag_eval.reports import junit as xml
    from rag_eval.reports import markdown

    text = comments.comment(_subject(decision, name, undecided))
    files = {"comment": comment or decision.folder / _COMMENT, "comparison": decision.folder / _COMPARISON}
    _put(files["comment"], text.encode())
    files["page"] = decision.folder / _PAGE
    _put(files["comparison"], markdown.comparison(decision.comparison).encode())
    _put(files["page"], _page(decision).encode(errors="replace"))
    if junit is not None:
        summary, fails = decision.head.result.summary, undecided == "fail"
        gates, failed, host = decision.comparison.gates, decision.failed, socket.gethostname()
        _put(junit, xml.document(name, summary, gates, failed, host, undecided_fails=fails))
        files["junit"] = junit
    if step := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(step), text)
    return files


def _append(step: Path, text: str) -> None:
    """Show the comment on the job's page too; where that cannot be, it is told: what was found stands all the same."""
    try:
        with step.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        print_note(f"! not on the job's page: GITHUB_STEP_SUMMARY={step}: {error.strerror}")


def _page(decision: "abtest.AbResult") -> str:
    """Both versions side by side, with every pair of answers."""
    from rag_eval import publishing
    from rag_eval.runs import RunFolder

    base, head = (RunFolder(part.result.folder) for part in (decision.base, decision.head))
    command = f"rag-eval compare {base.path} {head.path}"
    return publishing.ComparedRuns(base, head, decision.comparison, command).page()


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def _subject(decision: "abtest.AbResult", name: str, undecided: str | None) -> "CommentSubject":
    from rag_eval.reports.comment import CommentSubject

    summary = decision.head.result.summary
    outcome = _outcome(decision, undecided)
    return CommentSubject(name, decision.comparison, outcome, decision.focus, summary, _remarks(decision, undecided))


def _outcome(decision: "abtest.AbResult", undecided: str | None) -> "GateOutcome":
    """What became of the gates, with those that are undecided taken as the command line says."""
    from rag_eval.records import overall_outcome

    outcome = overall_outcome(decision.comparison.gates) or "passed"
    if outcome == "undecided" and undecided is not None:
        return "passed" if undecided == "pass" else "failed"
    return outcome


def _remarks(decision: "abtest.AbResult", undecided: str | None) -> list[str]:
    from rag_eval.reports import formatting

    remarks = [_IMPLIED] if decision.implied else []
    if undecided and any(gate.outcome == "undecided" for gate in decision.comparison.gates):
        remarks.append(f"What is undecided counts as {undecided}ed.")
    for finished in (decision.base, decision.head):
        summary = finished.result.summary
        if summary.short_of_coverage or summary.without_value:
            short = [m.name for m in (*summary.short_of_coverage, *summary.without_value)]
            remarks.append(f"Too little of {summary.name} was scored: {', '.join(dict.fromkeys(short))}.")
        elif lost := summary.cases - summary.answered:
            remarks.append(f"{summary.name} left {lost} unanswered: {formatting.counts(summary.target_failures)}.")
    return remarks


def _tell(decision: "abtest.AbResult", files: dict[str, Path], *, as_json: bool) -> None:
    from rag_eval.records import overall_outcome
    from rag_eval.reports import terminal

    paths = {name: str(path) for name, path in files.items()}
    folders = {key: str(part.result.folder) for key, part in (("base", decision.base), ("head", decision.head))}
    outcome = overall_outcome(decision.comparison.gates)
    if as_json:
        printing.as_json(decision.comparison, outcome=outcome, implied=decision.implied, folders=folders, files=paths)
        return
    printing.show(terminal.comparison(decision.comparison))
    gating.tell_saved(decision.head.result.summary)
    if decision.implied:
        print_note("the experiment has no gates; these stand in for them. docs/ci.md says how to write others")
    for name, path in {**folders, **paths}.items():
        printing.located(name, path, width=11)
    for part in (decision.base, decision.head):
        if part.untracked:
            print_note(f"{part.untracked}\nInto MLflow: rag-eval sync {part.result.folder}")
