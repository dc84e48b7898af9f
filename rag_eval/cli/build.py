"""`rag-eval build-dataset`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded, remark
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval build-dataset questions.csv -o datasets/support

rag-eval build-dataset export.jsonl -o datasets/support --field user_input=question.text --field reference=gold

rag-eval build-dataset questions.jsonl -o datasets/support --corpus pages/ --on-error quarantine
"""


class OnError(StrEnum):
    """What to do with rows that cannot be used."""

    FAIL = "fail"
    QUARANTINE = "quarantine"


@guarded
def build_dataset(
    source: Annotated[
        str, typer.Argument(help="CSV, JSONL or Parquet file, or a Hugging Face dataset: folder or hf://owner/name.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Dataset folder to write.")],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=JMESPATH", help="Where a field stands in a row."),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(help="Markdown pages, or a table with id and text: fills reference_contexts by their ids."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Split of a Hugging Face dataset.")] = None,
    name: Annotated[str | None, typer.Option(help="Name on the card.", show_default="the folder's")] = None,
    on_error: Annotated[
        OnError, typer.Option(help="Write nothing, or leave bad rows out and list them.")
    ] = OnError.FAIL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Make a dataset folder of questions, references and contexts, every row checked.

    Fields are found by RAGAs' names, by those of RAGAs' older releases, DeepEval, promptfoo, LangSmith and MLflow, or
    where --field says. The folder loads with datasets.load_dataset.
    """
    from rag_eval import config, dataset, telemetry
    from rag_eval.cli import printing

    telemetry.silence()
    said = config.Dataset(path=source, split=split, fields=_fields(field or []), corpus=corpus)
    built = dataset.build(said, output, name=name, on_error=on_error.value)
    for problem in built.problems:
        remark(f"left out: {problem}")
    if as_json:
        printing.as_json(built.manifest, folder=str(output))
        return
    print(f"{built.folder}: {built.manifest.rows} cases, fingerprint {built.manifest.fingerprint}")
    if built.problems:
        print(f"{len(built.problems)} rows were left out; see {output / 'quarantine.jsonl'}")
    if built.tags:
        print("tags: " + ", ".join(f"{tag} {count}" for tag, count in sorted(built.tags.items())))


def _fields(said: list[str]) -> dict[str, str]:
    """`NAME=JMESPATH` options as a mapping; raises `UsageError`."""
    pairs = [option.partition("=") for option in said]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--field {name}: expected NAME=JMESPATH, as in user_input=question.text")
    return {name.strip(): path.strip() for name, _, path in pairs}
