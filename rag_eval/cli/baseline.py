"""`rag-eval baseline …`: runs that others are held to, each in a folder that is small enough to be committed."""

from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import completion, options, printing
from rag_eval.cli.guard import guarded, print_note

app = typer.Typer(
    help="Keep runs as baselines that other runs are compared with and held to.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="[bold]Examples[/bold]\n\nrag-eval baseline set latest main\n\nrag-eval gate strong --against main",
)

_SET = """
[bold]Examples[/bold]

rag-eval baseline set latest main

rag-eval baseline set 20261123-091500-strong release-1.4
"""
_LIST = """
[bold]Examples[/bold]

rag-eval baseline list

rag-eval baseline list --json
"""
_RM = """
[bold]Examples[/bold]

rag-eval baseline rm release-1.3
"""

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="What gates and comparisons call it.", autocompletion=completion.complete_baseline
    ),
]


@guarded
def set_(
    run: options.Run,
    name: Name = "main",
    *,
    baselines: options.Baselines = Path("baselines"),
    runs_folder: options.RunsFolder = Path("runs"),
) -> None:
    """Make a finished run a baseline, in place of the one that had the name; also in MLflow, where the run is there."""
    from rag_eval import gates, pushing, runs
    from rag_eval.evaluation import results, shortage

    folder = runs.find(run, runs_folder, tell=print_note)
    summary = results.summary_of(folder)
    kept = gates.keep(folder, summary, name, baselines)
    printing.say(f"{kept.path}  is {folder.id}")
    if summary.limited:
        whole = "the first" if summary.dataset_cases is None else f"{summary.limit} of {summary.dataset_cases}"
        print_note(
            f"warning: it covers {whole} questions of its dataset (--limit {summary.limit}): "
            "only a run with the same --limit can be held to it"
        )
    if shortfall := shortage.too_little(summary, folder.path):
        print_note(f"warning: {shortfall}")
    untagged = pushing.tag_baseline(folder, name)
    if untagged:
        print_note(f"not marked in MLflow: {untagged}")


@guarded
def list_(
    *,
    baselines: options.Baselines = Path("baselines"),
    as_json: options.AsJson = False,
) -> None:
    """Say which baselines there are, and which run each was made of."""
    from rag_eval import gates
    from rag_eval.reports import formatting

    known = [(kept, kept.summary) for kept in gates.every(baselines)]
    if as_json:
        rows = [{"name": k.name, "run": s.run_id, "path": str(k.path), "cases": s.cases} for k, s in known]
        printing.dump(rows)
        return
    for kept, summary in known:
        primary = next((m for m in summary.metrics if m.name == summary.primary), None)
        score = f"  {primary.name} {formatting.with_unit(formatting.mean(primary), primary.unit)}" if primary else ""
        printing.say(f"{kept.name}  {summary.run_id}  {summary.cases} cases{score}{formatting.commit(summary)}")
    if not known:
        print_note(f"there are no baselines in {baselines}/. Make one: rag-eval baseline set latest main")


@guarded
def rm(name: Name, *, baselines: options.Baselines = Path("baselines")) -> None:
    """Take a baseline away, also in MLflow; the run that it was made of stays."""
    from rag_eval import gates, pushing

    still_marked = pushing.untag_baseline(gates.find(name, baselines))
    kept = gates.remove(name, baselines)
    printing.say(f"removed {kept.path}, which was {kept.id}")
    if still_marked:
        print_note(f"still marked in MLflow: {still_marked}")


app.command("set", epilog=_SET)(set_)
app.command("list", epilog=_LIST)(list_)
app.command("rm", epilog=_RM)(rm)
