"""`rag-eval traces …`: what captured traces hold."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.targets.replay.inspection import Inspection
    from rag_eval.traces import SpanSettings

app = typer.Typer(
    help="Look into captured traces.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="[bold]Examples[/bold]\n\nrag-eval traces inspect exports/",
)

EXAMPLES = """
[bold]Examples[/bold]

rag-eval traces inspect exports/2026-11.jsonl.gz

rag-eval traces inspect 'exports/*.json' --all

rag-eval traces inspect log.jsonl --field question=request.text --field response=reply --json
"""
_WORDS = {
    "response": "answer",
    "context_ids": "ids of contexts",
    "context_scores": "scores of contexts",
    "latency_s": "latency",
    "asked_at": "time",
}


@app.callback()
def _group() -> None:
    """Look into captured traces."""


@guarded
def inspect(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File, folder or pattern of captured traces.")],
    *,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=JMESPATH", help="Where a field stands in a row of plain JSON."),
    ] = None,
    span: Annotated[
        list[str] | None,
        typer.Option(
            "--span",
            metavar="WHAT=NAME",
            help="retriever=NAME or answer=NAME of a span, question=ATTRIBUTE, contexts=retrieved; as target.spans.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every exchange and every skipped trace.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Say what captured traces hold: dialects, answers, contexts, what was skipped, and what to do about it.

    OTLP as JSON or protobuf (OpenInference, OpenTelemetry GenAI, MLflow, OpenLLMetry inside), exports of MLflow,
    Langfuse, LangSmith and TruLens, plain JSON and CSV; packed or not.
    """
    from rag_eval.targets.replay import inspection

    most = None if every else inspection.EXAMPLES
    result = inspection.inspect(file, _fields(field or []), most=most, spans=_spans(span or []))
    if as_json:
        printing.as_json(result)
    else:
        _tell(result)


def _fields(options: list[str]) -> dict[str, str]:
    pairs = [option.partition("=") for option in options]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--field {name}: expected NAME=JMESPATH, as in question=request.text")
    return {name.strip(): path.strip() for name, _, path in pairs}


def _spans(options: list[str]) -> "SpanSettings":
    """Settings of spans out of `retriever=search` and the like; raises `UsageError`."""
    from rag_eval.traces import SpanSettings

    settings = SpanSettings()
    for option in options:
        match [part.strip() for part in option.split("=", 1)]:
            case ["retriever", name] if name:
                settings = replace(settings, retriever=name)
            case ["answer", name] if name:
                settings = replace(settings, answer=name)
            case ["question", name] if name:
                settings = replace(settings, question=name)
            case ["contexts", "prompt" | "retrieved" as which]:
                settings = replace(settings, contexts=which)
            case _:
                known = "retriever=NAME, answer=NAME, question=ATTRIBUTE, contexts=prompt or contexts=retrieved"
                raise UsageError(f"--span {option}: expected {known}")
    return settings


def _tell(inspection: "Inspection") -> None:
    dialects = ", ".join(f"{name} {count}" for name, count in inspection.dialects.items())
    printing.say(f"{inspection.path}: {inspection.exchanges} exchanges" + (f" ({dialects})" if dialects else ""))
    for name, count in inspection.have.items() if inspection.exchanges else ():
        printing.say(f"  {_WORDS.get(name, name):<19} {count} of {inspection.exchanges}")
    if inspection.failed:
        printing.say(f"  {'failed requests':<19} {inspection.failed} of {inspection.exchanges}")
    if inspection.skipped:
        printing.say(
            f"skipped {sum(inspection.skipped.values())}: "
            + ", ".join(f"{c} {name}" for name, c in inspection.skipped.items())
        )
    for skip in inspection.skips:
        printing.say(f"  {skip.place}: {skip.reason}: {skip.message}")
    for example in inspection.examples:
        contexts = "unknown" if example.contexts is None else str(example.contexts)
        took = "" if example.latency_s is None else f", {example.latency_s:g} s"
        printing.say(f"{example.place} ({example.dialect}, contexts: {contexts}{took})")
        printing.say(f"  question  {example.question}", indent=12)
        printing.say(f"  answer    {example.response or '(none)'}", indent=12)
    for line in inspection.advice:
        print_note(line)


app.command("inspect", epilog=EXAMPLES)(inspect)
