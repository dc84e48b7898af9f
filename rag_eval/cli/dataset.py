"""`rag-eval dataset …`: what is done with ground truth once it is there."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli import dataset_check, options, printing
from rag_eval.cli.guard import guarded, print_note

app = typer.Typer(
    help="Check, compare, merge, split, migrate and publish ground truth.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="[bold]Examples[/bold]\n\nrag-eval dataset check datasets/support",
)

Folder = Annotated[Path, typer.Argument(metavar="DATASET", help="Dataset folder.")]
_LINE = 60
"""Letters of a detail that are shown."""


class OnConflict(StrEnum):
    """Whose case to take where one id stands for two."""

    FAIL = "fail"
    FIRST = "first"
    LAST = "last"


@guarded
def info(dataset: Folder, *, as_json: options.AsJson = False) -> None:
    """Say what a dataset is: rows, fingerprint, sources, and what was done to it, step by step."""
    from rag_eval.dataset import folders

    manifest = folders.load(dataset).manifest
    if as_json:
        printing.as_json(manifest, folder=str(dataset))
        return
    printing.say(f"{manifest.name}: {manifest.rows} cases, fingerprint {manifest.fingerprint}")
    for source in manifest.sources:
        printing.say(f"  from {source.path}")
    if manifest.corpus:
        printing.say(f"  corpus {manifest.corpus.path}, {manifest.corpus.rows} passages")
    for step in manifest.lineage:
        inputs = ", ".join(f"{name} {fingerprint[:8]}" for name, fingerprint in step.inputs.items())
        details = ", ".join(f"{key} {_short(value)}" for key, value in step.details.items())
        printing.say(f"  {step.operation}: " + "; ".join(part for part in (inputs, details) if part))


def _short(value: object) -> str:
    from rag_eval.language.sentences import shorten

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten(text, _LINE)


@guarded
def diff(
    a: Annotated[Path, typer.Argument(help="The dataset as it was.")],
    b: Annotated[Path, typer.Argument(help="The dataset as it is.")],
    *,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Leave with 1 if they differ.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Say which cases were added, removed, renamed or changed, field by field."""
    from rag_eval.dataset import folders, versions

    difference = versions.diff(folders.load(a, edited=True), folders.load(b, edited=True))
    if as_json:
        printing.as_json(difference)
    else:
        dataset_check.tell_difference(difference)
    if exit_code and not difference.is_empty:
        raise typer.Exit(1)


@guarded
def merge(
    datasets: Annotated[list[Path], typer.Argument(help="Dataset folders, the first one first.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Dataset folder to write.")],
    name: Annotated[str | None, typer.Option(help="Name on the card.", show_default="the folder's")] = None,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="Whose case to take where one id stands for two.")
    ] = OnConflict.FAIL,
    as_json: options.AsJson = False,
) -> None:
    """Put datasets together: equal cases once, their corpora too, with the lineage of all of them."""
    from rag_eval.dataset import versions

    outcome = versions.merge(datasets, output, name=name, on_conflict=on_conflict.value)
    built = outcome.written
    if as_json:
        printing.as_json(built.manifest, folder=str(output), repeated=outcome.repeated, conflicts=[*outcome.conflicts])
        return
    printing.say(f"{output}: {built.manifest.rows} cases, fingerprint {built.manifest.fingerprint}")
    if outcome.repeated:
        printing.say(f"{outcome.repeated} cases stood in more than one and are kept once")
    for key in outcome.conflicts:
        print_note(f"{key}: stood for different cases; the {on_conflict.value} was taken")


@guarded
def split(
    dataset: Folder,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the parts: dev, test and held-out.")],
    dev: Annotated[float, typer.Option(min=0, max=1, help="Share for trying things out.")] = 0.2,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share for deciding.")] = 0.6,
    held_out: Annotated[float, typer.Option(min=0, max=1, help="Share that nobody looks at yet.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Of the dealing out.")] = 0,
    drop_bridges: Annotated[
        bool, typer.Option("--drop-bridges", help="Leave out cases that need several documents and tie them together.")
    ] = False,
    group_by: Annotated[
        str | None,
        typer.Option("--group-by", metavar="COLUMN", help="Keep together cases with the same value in this column."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Part a dataset so that no document, and no question in other words, stands on two sides."""
    from rag_eval.dataset import versions

    shares = dict(zip(versions.PARTS, (dev, test, held_out), strict=True))
    division = versions.split(dataset, output, shares, seed=seed, drop_bridges=drop_bridges, group_by=group_by)
    parts = {name: part.manifest for name, part in division.written.items()}
    if as_json:
        sizes = {name: {"rows": part.rows, "fingerprint": part.fingerprint} for name, part in parts.items()}
        more = {"groups": division.groups, "largest_group": division.largest, "bridges": [*division.bridges]}
        printing.dump({"parts": sizes, **more})
        return
    whole = sum(part.rows for part in parts.values())
    for name, part in parts.items():
        share = f"{part.rows / whole:.0%}, asked for {shares[name]:.0%}"
        printing.say(f"{output / name}: {part.rows} cases ({share}), fingerprint {part.fingerprint}")
    if any(abs(part.rows / whole - shares[name]) > 0.05 for name, part in parts.items()) and not drop_bridges:  # noqa: PLR2004
        print_note("the parts are not as large as asked for; --drop-bridges leaves out what ties documents together")
    printing.say(f"{division.groups} groups hang together by documents; the largest has {division.largest} cases")
    if division.bridges:
        printing.say(f"{len(division.bridges)} cases of several documents were left out")


@guarded
def migrate(dataset: Folder) -> None:
    """Bring an older dataset folder up to date; its rows and its fingerprint stay as they are."""
    from rag_eval.dataset import versions

    before, now = versions.migrate(dataset)
    printing.say(f"{dataset}: format {now}" + (f", was {before}" if before != now else " already; nothing was changed"))


@guarded
def push(
    dataset: Folder,
    to: Annotated[
        str, typer.Argument(help="hf://owner/name on the Hugging Face hub (token in HF_TOKEN), or a folder.")
    ],
    *,
    public: Annotated[bool, typer.Option("--public", help="Let everybody see a new dataset on the hub.")] = False,
) -> None:
    """Give a dataset to others: put its files, and nothing else, on the Hugging Face hub or into a folder."""
    from rag_eval.dataset import versions

    printing.say(f"pushed to {versions.push(dataset, to, private=not public)}")


def _examples(*lines: str) -> str:
    return "\n[bold]Examples[/bold]\n\n" + "\n\n".join(lines) + "\n"


app.command("check", epilog=dataset_check.EXAMPLES)(dataset_check.check)
app.command("info", epilog=_examples("rag-eval dataset info datasets/support"))(info)
app.command(
    "diff",
    epilog=_examples(
        "rag-eval dataset diff datasets/v1 datasets/v2", "rag-eval dataset diff datasets/v1 datasets/v2 --exit-code"
    ),
)(diff)
app.command("merge", epilog=_examples("rag-eval dataset merge datasets/drafts datasets/asked -o datasets/support"))(
    merge
)
app.command(
    "split",
    epilog=_examples(
        "rag-eval dataset split datasets/support -o datasets/parts --dev 0.2 --test 0.6 --held-out 0.2",
        "rag-eval dataset split datasets/filings -o datasets/parts --group-by company",
    ),
)(split)
app.command("migrate", epilog=_examples("rag-eval dataset migrate datasets/support"))(migrate)
app.command(
    "push",
    epilog=_examples(
        "rag-eval dataset push datasets/support hf://acme/support",
        "rag-eval dataset push datasets/support /mnt/shared/support",
    ),
)(push)
