"""The commands by name, and the program that runs them. Nothing heavy is imported before a command runs."""

import sys
import traceback
from typing import Annotated

import typer

from rag_eval._version import __version__
from rag_eval.cli import (
    baseline,
    build,
    capture,
    ci,
    compare,
    dataset,
    doctor,
    gate,
    init,
    load,
    overview,
    review,
    run,
    runs,
    show,
    staging,
    sweep,
    sync,
    traces,
    ui,
    validate,
    view,
)

UNFORESEEN = 3

app = typer.Typer(
    name="rag-eval",
    cls=overview.CommandOverview,
    help="Tells a team whether their RAG system got better.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,  # they take time to load, and would show locals, which may hold secrets
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit codes: 0 passed · 1 a gate failed · 2 usage or configuration · 3 could not finish · "
    "4 a gate is undecided · 130 interrupted.",
)


def _version(*, asked: bool) -> None:
    if asked:
        print(f"rag-eval {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda value: _version(asked=value), is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Tells a team whether their RAG system got better."""
    del version


app.command("init", epilog=init.EXAMPLES)(init.init)
app.command("build-dataset", epilog=build.EXAMPLES)(build.build_dataset)
app.command("review", epilog=review.EXAMPLES)(review.review)
app.add_typer(dataset.app, name="dataset")
app.add_typer(traces.app, name="traces")
app.command("validate", epilog=validate.EXAMPLES)(validate.validate)
app.command("capture", epilog=capture.EXAMPLES)(capture.capture)
app.command("run", epilog=run.EXAMPLES)(run.run)
app.command("sweep", epilog=sweep.EXAMPLES)(sweep.sweep_)
app.command("load", epilog=load.EXAMPLES)(load.load)
app.command("show", epilog=show.EXAMPLES)(show.show)
app.add_typer(runs.app, name="runs")
app.command("compare", epilog=compare.EXAMPLES)(compare.compare)
app.command("view", epilog=view.EXAMPLES)(view.view)
app.add_typer(gate.app, name="gate")
app.command("ci", epilog=ci.EXAMPLES)(ci.ci)
app.add_typer(baseline.app, name="baseline")
app.command("sync", epilog=sync.EXAMPLES)(sync.sync)
app.command("ui", epilog=ui.EXAMPLES)(ui.ui)
app.command("staging", epilog=staging.EXAMPLES)(staging.staging)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)


def main() -> None:
    """Run the command line; what nobody foresaw ends with 3, as 1 is kept for gates that fail."""
    try:
        app()
    except Exception:  # noqa: BLE001 - Python itself would end with 1
        traceback.print_exc()
        sys.exit(UNFORESEEN)
