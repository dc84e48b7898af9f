"""The options and arguments that several commands take, each declared once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from rag_eval.cli.completion import complete_run, complete_scores
from rag_eval.errors import UsageError

RUN_HELP = "A run's folder, its id, an experiment's name, or [b]latest[/b]."

Run = Annotated[str, typer.Argument(help=RUN_HELP, autocompletion=complete_run)]
ExperimentFile = Annotated[Path, typer.Argument(help="Experiment file.")]

RunsFolder = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Folder of run folders.")]
RunsOutput = Annotated[
    Path | None,
    typer.Option(
        "--runs",
        "--output",
        "-o",
        metavar="DIR",
        help="Folder that the run's folder is written into.",
        show_default="the experiment's",
    ),
]
FormerRuns = Annotated[Path | None, typer.Option("--output", "-o", hidden=True, help="What --runs was called.")]
Baselines = Annotated[Path, typer.Option("--baselines", metavar="DIR", help="Folder of baselines.")]

Gates = Annotated[
    list[str] | None,
    typer.Option("--gate", metavar="EXPR", help="A gate, such as [b]'faithfulness.mean >= 0.85'[/b]; repeatable."),
]
UndecidedAs = Annotated[
    Literal["pass", "fail"] | None,
    typer.Option("--undecided", help="What an undecided gate counts as, instead of exit code 4."),
]
StopWhenDecided = Annotated[
    bool,
    typer.Option("--stop-when-decided", help="Ask in a random order, no more than it takes to decide the gates."),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A baseline or a run that stands for every baseline that the gates name.",
        autocompletion=complete_scores,
    ),
]

RetryErrors = Annotated[bool, typer.Option("--retry-errors", help="With --resume: try again what ended in a failure.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N cases.")]
Seed = Annotated[int | None, typer.Option(help="Instead of the experiment's.")]
BootstrapSeed = Annotated[int, typer.Option(help="Of the bootstrap.")]
RunName = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Of one experiment; * stands for anything.")
]

BaseUrl = Annotated[str | None, typer.Option(help="Endpoint of --model.")]

AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
MetricsPort = Annotated[
    int | None,
    typer.Option(min=0, max=65535, metavar="N", help="Prometheus metrics on this port; 0 for a free one."),
]
MetricsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Prometheus metrics in a file, for a textfile collector."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="More log lines.")]
LogFormat = Annotated[
    Literal["console", "json"],
    typer.Option("--log-format", envvar="RAG_EVAL_LOG_FORMAT", help="Log lines for people, or one JSON a line."),
]

Field = Annotated[
    list[str] | None, typer.Option("--field", metavar="NAME=JMESPATH", help="Where a field stands in a row.")
]


def fields_of(texts: list[str]) -> dict[str, str]:
    """`NAME=JMESPATH` options as a mapping; raises `UsageError`."""
    fields: dict[str, str] = {}
    for option in texts:
        name, equals, path = (part.strip() for part in option.partition("="))
        if not name or not equals:
            raise UsageError(f"--field {option}: expected NAME=JMESPATH, as in user_input=question.text")
        if fields.setdefault(name, path) != path:
            raise UsageError(f"--field {option}: {name} is taken from {fields[name]} already; name one place")
    return fields
