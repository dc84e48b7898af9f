"""`rag-eval build-dataset`."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval import config
    from rag_eval.dataset import Written

EXAMPLES = """
[bold]Examples[/bold]

rag-eval build-dataset questions.csv -o datasets/support

rag-eval build-dataset export.jsonl -o datasets/support --field user_input=question.text --field reference=gold

rag-eval build-dataset questions.jsonl -o datasets/support --corpus pages/ --on-error quarantine

rag-eval build-dataset handbook/ -o datasets/drafts --questions 100 --model gpt-4.1-mini

rag-eval build-dataset traces/*.jsonl -o datasets/asked --from traces --questions 80
"""

DRAFTS = 50
"""Questions that are made out of documents or traces where nobody says how many."""


class OnError(StrEnum):
    """What to do with rows that cannot be used."""

    FAIL = "fail"
    QUARANTINE = "quarantine"


class From(StrEnum):
    """What a source holds."""

    AUTO = "auto"
    ROWS = "rows"
    DOCUMENTS = "documents"
    TRACES = "traces"


@guarded
def build_dataset(
    source: Annotated[
        str,
        typer.Argument(
            help="CSV, JSONL, Parquet or Hugging Face dataset of questions (a folder, or hf://owner/name); "
            "documents (Markdown, text, HTML, PDF, DOCX; a file, folder or glob); or captured traces."
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Dataset folder to write.")],
    from_: Annotated[
        From, typer.Option("--from", help="What the source holds; told by its files if left out.")
    ] = From.AUTO,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=JMESPATH", help="Where a field stands in a row."),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(help="Markdown pages, or a table with id and text: fills reference_contexts by their ids."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Split of a Hugging Face dataset.")] = None,
    keep_na: Annotated[
        bool,
        typer.Option("--keep-na", help="Take None, NaN, N/A and the like as texts, not as no data."),
    ] = False,
    name: Annotated[str | None, typer.Option(help="Name on the card.", show_default="the folder's")] = None,
    on_error: Annotated[
        OnError, typer.Option(help="Write nothing, or leave bad rows out and list them.")
    ] = OnError.FAIL,
    questions: Annotated[
        int | None,
        typer.Option(
            "--questions", "-n", min=1, help="How many to make out of documents or traces.", show_default=str(DRAFTS)
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Kind of question to draft, such as numeric; may be repeated. All if left out."),
    ] = None,
    judge: Annotated[
        Path | None, typer.Option("--judge", help="Experiment file whose judge drafts; without one, rules do.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="OpenAI-compatible model that drafts; see OPENAI_BASE_URL.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Endpoint of --model.")] = None,
    seed: Annotated[int, typer.Option(help="Of every choice of passages and questions.")] = 0,
    mask: Annotated[bool, typer.Option("--mask/--no-mask", help="Mask secrets and personal data in traces.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
) -> None:
    """Make a dataset folder of questions, references and contexts: from rows, out of documents, or from traces.

    Rows are checked one by one; fields are found by RAGAs' names, by those of RAGAs' older releases, DeepEval,
    promptfoo, LangSmith, MLflow, AutoRAG, Label Studio, SQuAD and BEIR, or where --field says. What was taken for what
    is said, and which columns were not used. An answer is the reference where nothing else can be and nothing was
    retrieved; None, NaN, N/A and the like are no data. Out of documents come draft questions with reference, spans and
    a self-check; out of traces what production was asked, each question once and masked. Drafts are for
    `rag-eval review`. The folder loads with datasets.load_dataset.
    """
    from rag_eval import config, telemetry
    from rag_eval.cli import judges

    telemetry.silence()
    fields = _fields(field or [])
    what = _what(source) if from_ is From.AUTO else from_
    options = {"--corpus": corpus, "--split": split, "--questions": questions, "--kind": kind, "--judge": judge,
               "--model": model, "--base-url": base_url, "--field": field, "--keep-na": keep_na}  # fmt: skip
    _demand_meant(what, options)
    if what is From.ROWS:
        rows = config.DatasetConfig(path=source, split=split, fields=fields, corpus=corpus, keep_na=keep_na)
        _from_rows(rows, output, name, on_error, as_json=as_json)
    elif what is From.TRACES:
        _from_traces(source, output, fields, questions or DRAFTS, seed, name, mask=mask, as_json=as_json)
    else:
        _from_documents(
            source,
            output,
            questions or DRAFTS,
            kind or [],
            judges.chosen(judge, model, base_url),
            seed,
            name,
            as_json=as_json,
        )


_MEANT = {
    From.ROWS: {"--corpus", "--split", "--field", "--keep-na"},
    From.DOCUMENTS: {"--questions", "--kind", "--judge", "--model", "--base-url"},
    From.TRACES: {"--questions", "--field"},
}
"""Which options speak of which source."""


def _demand_meant(what: From, options: Mapping[str, object]) -> None:
    """Raise `UsageError` for an option that does nothing here; ignoring it would surprise."""
    for option, value in options.items():
        if value and option not in _MEANT[what]:
            raise UsageError(
                f"{option}: does nothing for {what.value}; leave it out, or say --from if this is something else"
            )


def _what(source: str) -> From:
    """What a source holds, by its files."""
    from rag_eval import traces
    from rag_eval.dataset import documents, sources

    try:
        path = Path(source)
        if source.startswith(sources.HUB) or (path.is_dir() and documents.holds_rows(path)):
            return From.ROWS
        if path.is_dir() or documents.is_document(source):
            return From.DOCUMENTS
        return From.TRACES if traces.sniff(source) else From.ROWS
    except OSError:  # such as a name that is too long; whoever reads it will say so
        return From.ROWS


def _from_rows(
    rows: "config.DatasetConfig", output: Path, name: str | None, on_error: OnError, *, as_json: bool
) -> None:
    from rag_eval import dataset

    built = dataset.build(rows, output, name=name, on_error=on_error.value)
    _tell(built, as_json=as_json)


def _from_documents(
    source: str, output: Path, questions: int, kinds: list[str], judge: "config.JudgeConfig", seed: int,
    name: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    from rag_eval import curation
    from rag_eval.cli import drafts

    how = curation.Drafting(questions, drafts.kinds(kinds), judge, seed, name)
    with drafts.progress(questions) as watch:
        report = curation.draft(source, output, how, watch)
    drafts.tell(report, as_json=as_json)


def _from_traces(
    source: str,
    output: Path,
    fields: dict[str, str],
    questions: int,
    seed: int,
    name: str | None,
    *,
    mask: bool,
    as_json: bool,
) -> None:
    from rag_eval import curation
    from rag_eval.cli import drafts

    report = curation.sample(source, output, questions, fields=fields, seed=seed, mask=mask, name=name)
    drafts.tell_sample(report, as_json=as_json)


def _tell(built: "Written", *, as_json: bool) -> None:

    for problem in built.problems:
        print_note(f"left out: {problem}")
    for line in built.account.remarks("options"):
        print_note(line)
    if as_json:
        printing.as_json(built.manifest, folder=str(built.folder), account=built.account.model_dump(mode="json"))
        return
    printing.say(f"{built.folder}: {built.manifest.rows} cases, fingerprint {built.manifest.fingerprint}")
    if built.problems:
        printing.say(f"{len(built.problems)} rows were left out; see {built.folder / 'quarantine.jsonl'}")
    if built.tags:
        printing.say("tags: " + ", ".join(f"{tag} {count}" for tag, count in sorted(built.tags.items())))
    for line in built.account.lines:
        printing.say(line)


def _fields(options: list[str]) -> dict[str, str]:
    """`NAME=JMESPATH` options as a mapping; raises `UsageError`."""
    pairs = [option.partition("=") for option in options]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--field {name}: expected NAME=JMESPATH, as in user_input=question.text")
    return {name.strip(): path.strip() for name, _, path in pairs}
