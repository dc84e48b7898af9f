"""`rag-eval init`."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval init

rag-eval init experiments/new-reranker.yaml

rag-eval init support.yaml --url http://127.0.0.1:8800/ask --dataset questions.csv
"""

_FIELDS = re.compile(r"dataset\.fields: \{(\w+): ([^{}]*)\}")
_EXAMPLE = "datasets/harbour"
_OWN = "questions.csv             # yours, with columns `question` and `reference`, the right answer"


@guarded
def init(
    path: Annotated[Path, typer.Argument(help="Experiment file to write.")] = Path("rag-eval.yaml"),
    *,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Service to ask: it is asked one question, to see how it answers."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="PATH", help="Questions to ask it; with --url the file runs.")
    ] = None,
    field: options.Field = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write an experiment to start from: a commented one, or one that runs on a service and a dataset.

    With --url and --dataset the service is asked the first question, in at most eight ways: by its own description
    (/openapi.json), by what it says is missing, or by the usual names. Body, paths and metrics are written as they fit.
    """
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force replaces it")
    if url is None and dataset is None:
        if field:
            raise UsageError("--field: says where a field of --dataset stands; name one, or leave it out")
        _write(path, _commented(path))
        printing.say(f"wrote {path}\nnext: edit it, then  rag-eval validate {path}  and  rag-eval run {path}")
        return
    if url is None or dataset is None:
        raise UsageError("--url and --dataset go together: what is asked, and with which questions")
    _sketch(path, url, dataset, options.fields_of(field or []))


def _sketch(path: Path, url: str, dataset: str, fields: dict[str, str]) -> None:
    """Write an experiment that runs, and say what in it is a guess."""
    from rag_eval import telemetry
    from rag_eval.evaluation import sketch

    telemetry.silence()
    try:
        made = sketch.sketch(_name(path), url, dataset, fields)
    except UsageError as error:  # there is no file yet that could say it
        error.args = (_FIELDS.sub(r"--field \1=\2", str(error)),)
        raise
    _write(path, made.text)
    printing.say(made.text)
    for remark in made.remarks:
        print_note(remark)
    first = "" if made.answered else "mend it, then  "
    printing.say(f"wrote {path}\nnext: {first}rag-eval validate {path} --ask 1")


def _commented(path: Path) -> str:
    """The example with all its comments, named as its file."""
    text = files("rag_eval.cli").joinpath("experiment.yaml").read_text(encoding="utf-8")
    if not Path(_EXAMPLE).is_dir():  # as after an installation out of a package
        text = text.replace(f"path: {_EXAMPLE}\n", f"path: {_OWN}\n")
    return text.replace("name: my-first", f"name: {_as_yaml(_name(path))}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error


def _name(path: Path) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in path.stem).strip("-._")
    return kept[:100] if kept.isascii() and kept else "my-first"


def _as_yaml(name: str) -> str:
    """The name as a text: 2026 would be read as a number and `on` as true."""
    import yaml

    return str(yaml.safe_dump(name)).splitlines()[0]
