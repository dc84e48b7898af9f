"""`rag-eval runs …`: what runs there are, and what to do with them."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from rag_eval.cli import options, removal, show
from rag_eval.cli.guard import guarded, print_note

if TYPE_CHECKING:
    from rag_eval import runs

_LIST = """
[bold]Examples[/bold]

rag-eval runs

rag-eval runs list --name 'support-*' --state unfinished

rag-eval runs list --tag release --limit 5 --json
"""
_SHOW = """
[bold]Examples[/bold]

rag-eval runs show latest

rag-eval runs show 20261123-091500-strong --json
"""
_RENAME = """
[bold]Examples[/bold]

rag-eval runs rename 20261123-091500-strong reranker-v2
"""
_TAG = """
[bold]Examples[/bold]

rag-eval runs tag latest keep release=1.4

rag-eval runs tag strong --remove release
"""


class _ListUnlessTold(TyperGroup):
    """A group that lists where no command is named: `rag-eval runs --limit 5`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` in front of nothing, and of its options."""
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        if is_option or (not args and not ctx.resilient_parsing):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListUnlessTold,
    help="List, show, tag, rename and remove runs; alone, list them.",
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_LIST,
)


class RunState(StrEnum):
    """What may be said of a run; of what became of its gates, and of how far it came."""

    FINISHED = "finished"
    STOPPED = "stopped"
    UNFINISHED = "unfinished"
    RUNNING = "running"
    UNREADABLE = "unreadable"
    GATES_FAILED = "gates-failed"
    GATES_UNDECIDED = "gates-undecided"


@guarded
def list_(
    *,
    name: options.RunName = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="KEY[=VALUE]", help="With this tag; may be repeated.")
    ] = None,
    state: Annotated[
        list[RunState] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="finished, stopped, unfinished, running, unreadable, gates-failed or gates-undecided; repeatable.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="The newest N.")] = None,
    runs_folder: options.RunsFolder = Path("runs"),
    baselines: options.Baselines = Path("baselines"),
    as_json: options.AsJson = False,
) -> None:
    """List the runs of a folder, the newest last.

    The score is the primary metric's mean with its 95 % interval. Unfinished runs can be gone on with, stopped ones had
    their gates decided early, and running ones are being written by a process now.
    """
    from rag_eval.cli import printing
    from rag_eval.reports import runlist
    from rag_eval.runs import entries, tags
    from rag_eval.runs.marks import marks

    known = entries(runs_folder, marks([baselines]))
    wanted = tags.parsed(tag or [])
    chosen = [
        run for run in known if removal.is_called(run, name) and _is_in(run, state or ()) and tags.has(run.tags, wanted)
    ]
    chosen = chosen[-limit:] if limit else chosen
    if as_json:
        print(json.dumps([run.model_dump(mode="json") for run in chosen], indent=2, ensure_ascii=False))
    elif chosen:
        printing.show(runlist.runs(chosen, len(known)), free=True)
    elif known:
        print_note(f"none of the {runlist.plural(len(known))} in {runs_folder}/ is so")
    else:
        print_note(f"there are no runs in {runs_folder}/. Make one: rag-eval run FILE")


def _is_in(run: "runs.RunEntry", states: Sequence[str]) -> bool:
    return not states or run.state in states or f"gates-{run.gates}" in states


@guarded
def show_(
    run: options.Run = "latest",
    *,
    runs_folder: options.RunsFolder = Path("runs"),
    baselines: options.Baselines = Path("baselines"),
    as_json: options.AsJson = False,
) -> None:
    """Print a run as `rag-eval show` does, and what its folder holds, what it is called, and how to go on with it."""
    from rag_eval import runs
    from rag_eval.cli import printing
    from rag_eval.evaluation import results
    from rag_eval.runs.listing import files
    from rag_eval.runs.marks import marks

    folder = runs.find(run, runs_folder, wanted="current", tell=print_note)
    summary = results.summary_of(folder)
    entry = runs.entry(runs.outline_of(folder), marks([baselines]))
    failed = bool(summary.target_failures) or any(metric.failed for metric in summary.metrics)
    sizes, resume = files(folder), _resume(entry, failed=failed)
    if as_json:
        about = {"size": entry.size, "tags": entry.tags, "baselines": entry.baselines, "state": entry.state}
        printing.as_json(summary, folder=entry.path, files=sizes, resume=resume or None, run=about)
        return
    show.print_summary(summary)
    _print_folder(entry, sizes, resume)


def _resume(run: "runs.RunEntry", *, failed: bool) -> str:
    """The command that goes on with a run; nothing where nothing is left to do."""
    if run.state == "running":
        return ""
    if run.state == "unfinished":
        return f"rag-eval run --resume {run.path}"
    return f"rag-eval run --resume {run.path} --retry-errors" if failed else ""


def _print_folder(run: "runs.RunEntry", sizes: dict[str, int], resume: str) -> None:
    from rag_eval.reports import runlist
    from rag_eval.runs import tags

    print(f"folder   {run.path}, {runlist.size(run.size)}, {runlist.state(run)}")
    for name, count in sorted(sizes.items()):
        print(f"         {runlist.size(count):>9}  {name}")
    for label, text in (("tags", tags.said(run.tags)), ("baseline", ", ".join(run.baselines)), ("resume", resume)):
        if text:
            print(f"{label:<8} {text}")


@guarded
def rename(
    run: options.Run,
    name: Annotated[str, typer.Argument(metavar="NEW", help="What to call it; the time before it stays.")],
    *,
    runs_folder: options.RunsFolder = Path("runs"),
) -> None:
    """Give a run another name, and make its reports again. It is still found by its former id."""
    from rag_eval import runs
    from rag_eval.evaluation import results
    from rag_eval.tracking import store

    folder = runs.find(run, runs_folder, wanted="current", tell=print_note)
    renamed = runs.rename(folder, name)
    if renamed.summary.is_file() or renamed.markdown.is_file():
        results.rebuild(renamed)
    print(f"{folder.id} is now {renamed.id}")
    if store.read(renamed.path):
        print_note("in MLflow it goes on under its former name")


@guarded
def tag(
    run: options.Run,
    texts: Annotated[list[str] | None, typer.Argument(metavar="KEY[=VALUE]…", help="Tags to put on it.")] = None,
    *,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="KEY", help="Take a tag away; may be repeated.")
    ] = None,
    runs_folder: options.RunsFolder = Path("runs"),
) -> None:
    """Put tags on a run, or take them away. A run with tags is not pruned; without any, say what it has."""
    from rag_eval import runs
    from rag_eval.runs import tags

    folder = runs.find(run, runs_folder, wanted="current", tell=print_note)
    has = tags.change(folder, tags.parsed(texts or []), remove or ()) if texts or remove else tags.read(folder)
    print(f"{folder.id}: {tags.said(has) or 'no tags'}")


app.command("list", epilog=_LIST)(list_)
app.command("show", epilog=_SHOW)(show_)
app.command("rm", epilog=removal.RM_EXAMPLES)(removal.rm)
app.command("prune", epilog=removal.PRUNE_EXAMPLES)(removal.prune)
app.command("rename", epilog=_RENAME)(rename)
app.command("tag", epilog=_TAG)(tag)
