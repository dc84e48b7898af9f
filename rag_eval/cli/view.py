"""`rag-eval view`."""

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import completion, options
from rag_eval.cli.guard import guarded, print_note

if TYPE_CHECKING:
    from rag_eval import runs
    from rag_eval.evaluation.results import ScoreFolder

EXAMPLES = """
[bold]Examples[/bold]

rag-eval view latest

rag-eval view weak strong

rag-eval view main latest --port 8090 --no-open
"""


@guarded
def view(
    run: Annotated[
        str,
        typer.Argument(
            help="A run's folder, its id, an experiment's name, [b]latest[/b]; or a baseline, with B.",
            autocompletion=completion.complete_scores,
        ),
    ] = "latest",
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[B]", help="A second run, to see both side by side.", autocompletion=completion.complete_scores
        ),
    ] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on the loopback address; 0 takes a free one.")] = 0,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Compare although judge, dataset or metrics differ.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Compare a run that is not finished.")] = False,
    seed: options.BootstrapSeed = 0,
    runs_folder: options.RunsFolder = Path("runs"),
    baselines: options.Baselines = Path("baselines"),
) -> None:
    """Serve the page of a run, or of two side by side, on loopback: every case, every passage whole. Ctrl-C ends it.

    It is made anew each time it is loaded, so that a run can be watched while it goes on.
    """
    from rag_eval import runs
    from rag_eval.cli import serving
    from rag_eval.evaluation import results

    render: Callable[[], str]
    if other is None:
        folder = runs.find(run, runs_folder)
        render = _of_run(folder)
    else:
        pair = results.locate(run, runs_folder, baselines), results.locate(other, runs_folder, baselines)
        render = _of_pair(pair, force=force, partial=partial, seed=seed)
    render()  # what is wrong with it is said here, and not in the browser

    def on_ready(link: str) -> None:
        print_note(f"open     {link}")
        if open_:
            webbrowser.open(link)

    serving.serve(render, port, on_ready)


def _of_run(folder: "runs.RunFolder") -> Callable[[], str]:
    from rag_eval import publishing

    return lambda: publishing.run_page(folder)


def _of_pair(pair: "tuple[ScoreFolder, ScoreFolder]", *, force: bool, partial: bool, seed: int) -> Callable[[], str]:
    from rag_eval import publishing
    from rag_eval.evaluation.comparison import compare_folders

    def render() -> str:
        comparison = compare_folders(*pair, force=force, partial=partial, seed=seed)
        command = f"rag-eval compare {comparison.a} {comparison.b}"
        return publishing.ComparedRuns(*pair, comparison, command, seed).page(most_bytes=None)

    return render
