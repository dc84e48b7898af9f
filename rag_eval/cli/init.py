"""`rag-eval init`."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import printing
from rag_eval.cli.guard import guarded
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval init

rag-eval init experiments/new-reranker.yaml
"""

_EXAMPLE = "datasets/harbour"
_OWN = "questions.csv             # yours, with columns `question` and `reference`, the right answer"


@guarded
def init(
    path: Annotated[Path, typer.Argument(help="Experiment file to write.")] = Path("rag-eval.yaml"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented experiment to start from."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; --force replaces it")
    text = files("rag_eval.cli").joinpath("experiment.yaml").read_text(encoding="utf-8")
    if not Path(_EXAMPLE).is_dir():  # as after an installation out of a package
        text = text.replace(f"path: {_EXAMPLE}\n", f"path: {_OWN}\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("name: my-first", f"name: {_as_yaml(_name(path))}"), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
    printing.say(f"wrote {path}\nnext: edit it, then  rag-eval validate {path}  and  rag-eval run {path}")


def _name(path: Path) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in path.stem).strip("-._")
    return kept[:100] if kept.isascii() and kept else "my-first"


def _as_yaml(name: str) -> str:
    """The name as a text: 2026 would be read as a number and `on` as true."""
    import yaml

    return str(yaml.safe_dump(name)).splitlines()[0]
