"""`rag-eval runs rm` and `rag-eval runs prune`."""

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import completion, options
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import runs
    from rag_eval.runs.marks import Marks

RM_EXAMPLES = """
[bold]Examples[/bold]

rag-eval runs rm 20261123-091500-strong

rag-eval runs rm 20261123-091500-strong 20261123-101500-weak --yes
"""
PRUNE_EXAMPLES = """
[bold]Examples[/bold]

rag-eval runs prune --keep 5 --dry-run

rag-eval runs prune --older-than 30d --name support

rag-eval runs prune --keep 3 --older-than 2w --unfinished
"""
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def is_called(run: "runs.RunEntry", name: str | None) -> bool:
    """Whether a run is of an experiment, by a name in which `*` stands for anything; all are of none."""
    from rag_eval.runs.names import experiment_of

    return name is None or any(fnmatchcase(own, name) for own in (run.name, experiment_of(run.id)))


@guarded
def rm(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…",
            help="Folders or ids; a name that stands for several is refused.",
            autocompletion=completion.complete_run,
        ),
    ],
    *,
    yes: options.Yes = False,
    runs_folder: options.RunsFolder = Path("runs"),
    baselines: options.Baselines = Path("baselines"),
) -> None:
    """Delete runs. One that another process writes to, or that is a baseline, is refused, and nothing is deleted."""
    from rag_eval import runs
    from rag_eval.reports import runlist
    from rag_eval.runs import removing

    folders = {folder.path.resolve(): folder for folder in (runs.only(name, runs_folder) for name in names)}
    marked = _marks(baselines, folders.values())
    going = [runs.entry(runs.outline_of(folder), marked) for folder in folders.values()]
    for run in going:
        removing.demand_unused(run)
    for run in going:
        _print_going(run)
    if not yes:
        _ask(f"Delete {runlist.plural(len(going))} for good?")
    removing.sweep(runs_folder)
    _print_removed([run for run in going if _is_removed(run)], dry_run=False)
    _demand_gone(going)


def _ask(question: str) -> None:
    """Go on after a yes; raises `UsageError` where nobody is there to give it."""
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        print_note("")
        raise UsageError("nothing was deleted: nobody answered. Say --yes where nobody can") from None
    if not agreed:
        print_note("nothing was deleted")
        raise typer.Exit


def _marks(root: Path, folders: "Iterable[runs.RunFolder]") -> "Marks":
    """The baselines of a folder and of the experiments of some runs."""
    from rag_eval.runs.marks import marks, own_root

    return marks([root, *filter(None, map(own_root, folders))])


@guarded
def prune(
    *,
    keep: Annotated[
        int | None, typer.Option("--keep", min=0, metavar="N", help="Remove all but the newest N of each experiment.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="TIME", help="Remove what began before: 12h, 30d, 8w.")
    ] = None,
    name: options.RunName = None,
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Also runs that can be gone on with.")] = False,
    tagged: Annotated[bool, typer.Option("--tagged", help="Also runs with tags, but for the tag keep.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    runs_folder: options.RunsFolder = Path("runs"),
    baselines: options.Baselines = Path("baselines"),
    as_json: options.AsJson = False,
) -> None:
    """Remove runs that are no longer wanted; with --keep and --older-than, only those that both speak of.

    Baselines, tagged and unfinished runs stay, as does what a process writes to or cannot be read. Runs of --limit are
    the first to go. It does not ask: see what it would do with --dry-run.
    """
    from rag_eval import runs
    from rag_eval.runs import removing

    if keep is None and older_than is None:
        raise UsageError("what is to go? Say --keep N, --older-than 30d, or both")
    retention = runs.Retention(keep, _seconds(older_than), unfinished, tagged)
    known = [run for run in runs.entries(runs_folder, _marks(baselines, ())) if is_called(run, name)]
    pruning = runs.prune(known, retention, now := time.time())
    marked = _marks(baselines, [run.folder for run in pruning.going])  # their experiments may have baselines elsewhere
    pruning = runs.prune(
        [run.model_copy(update={"baselines": marked.of(run.key, run.id)}) for run in known], retention, now
    )
    if not dry_run:
        removing.sweep(runs_folder)
    gone = [run for run in pruning.going if dry_run or _is_removed(run)]
    _tell_pruned(gone, pruning.staying, dry_run=dry_run, as_json=as_json)
    _demand_gone(() if dry_run else pruning.going)


def _seconds(text: str | None) -> float | None:
    """Seconds, of `30d`; raises `UsageError`."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if not match:
        raise UsageError(f"--older-than {text}: expected a number and m, h, d or w, such as 12h or 30d")
    return float(match[1]) * _UNITS[match[2]]


def _tell_pruned(gone: "Sequence[runs.RunEntry]", staying: Mapping[str, int], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        listed = [run.model_dump(mode="json") for run in gone]
        record = {"removed": listed, "size": sum(run.size for run in gone), "staying": {**staying}, "dry_run": dry_run}
        print(json.dumps(record, indent=2, ensure_ascii=False))
        return
    for run in gone:
        _print_going(run)
    _print_removed(gone, dry_run=dry_run)
    if staying:
        print(f"protected, and kept: {', '.join(f'{count} {reason}' for reason, count in staying.items())}")


def _print_going(run: "runs.RunEntry") -> None:
    from rag_eval.reports import runlist

    print(f"{run.id}  {runlist.state(run)}, {runlist.size(run.size)}")


def _print_removed(gone: "Sequence[runs.RunEntry]", *, dry_run: bool) -> None:
    from rag_eval.reports import runlist

    would = "would be " if dry_run else ""
    print(f"{runlist.plural(len(gone))} {would}removed, {runlist.size(sum(run.size for run in gone))} {would}freed")


def _is_removed(run: "runs.RunEntry") -> bool:
    """Remove a run; where that cannot be done, say why and go on with the others."""
    from rag_eval import runs

    try:
        runs.remove(run.folder)
    except UsageError as error:
        print_error(str(error))
        return False
    return True


def _demand_gone(runs: "Iterable[runs.RunEntry]") -> None:
    """Raise `UsageError` where a run that was to be removed is still there."""
    if left := sum(run.folder.path.exists() for run in runs):
        raise UsageError(f"{left} of them could not be removed")
