"""`rag-eval build-dataset`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.dataset import Account, WriteResult

EXAMPLES = """
[bold]Examples[/bold]

rag-eval build-dataset questions.csv -o datasets/support

rag-eval build-dataset export.jsonl -o datasets/support --field user_input=question.text --field reference=gold

rag-eval build-dataset questions.jsonl -o datasets/support --corpus pages/ --on-error quarantine

rag-eval build-dataset handbook/ -o datasets/drafts --questions 100 --model gpt-4.1-mini

rag-eval build-dataset 'traces/*.jsonl' -o datasets/asked --from traces --questions 80
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


_Source = Annotated[
    str,
    typer.Argument(
        help="CSV, JSONL, Parquet or Hugging Face dataset of questions (a folder, or hf://owner/name); "
        "documents (Markdown, text, HTML, PDF, DOCX; a file, folder or glob); or captured traces."
    ),
]
_Output = Annotated[Path, typer.Option("--output", "-o", help="Dataset folder to write.")]
_From = Annotated[From, typer.Option("--from", help="What the source holds; told by its files if left out.")]
_Corpus = Annotated[
    str | None,
    typer.Option(help="Markdown pages, or a table with id and text: fills reference_contexts by their ids."),
]
_Split = Annotated[str | None, typer.Option(help="Split of a Hugging Face dataset.")]
_KeepNa = Annotated[bool, typer.Option("--keep-na", help="Take None, NaN, N/A and the like as texts, not as no data.")]
_Name = Annotated[str | None, typer.Option(help="Name on the card.", show_default="the folder's")]
_License = Annotated[
    str | None, typer.Option("--license", help="Licence of the source, such as cc-by-4.0, for the card.")
]
_OnError = Annotated[OnError, typer.Option(help="Write nothing, or leave bad rows out and list them.")]
_Questions = Annotated[
    int | None,
    typer.Option(
        "--questions", "-n", min=1, help="How many to make out of documents or traces.", show_default=str(DRAFTS)
    ),
]
_Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Kind of question to draft, such as numeric; may be repeated. All if left out."),
]
_Judge = Annotated[
    Path | None, typer.Option("--judge", help="Experiment file whose judge drafts; without one, rules do.")
]
_Model = Annotated[str | None, typer.Option(help="OpenAI-compatible model that drafts; see OPENAI_BASE_URL.")]
_Seed = Annotated[int, typer.Option(help="Of every choice of passages and questions.")]
_Mask = Annotated[bool, typer.Option("--mask/--no-mask", help="Mask secrets and personal data in traces.")]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say how many calls, tokens and dollars drafting would take, and do nothing.")
]
_Budget = Annotated[
    float | None, typer.Option(min=0.0, help="US dollars from which drafting ends, by the judge's `prices`.")
]
_OutcomeAsJson = Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")]


@dataclass(frozen=True)
class BuildOptions:
    """How a dataset is built, of whatever source."""

    source: str
    output: Path
    fields: dict[str, str]
    """Field to the JMESPath where it stands in a row."""
    corpus: str | None
    split: str | None
    keep_na: bool
    name: str | None
    license: str | None
    on_error: OnError
    questions: int | None
    kinds: tuple[str, ...]
    judge: Path | None
    """An experiment file whose judge drafts."""
    model: str | None
    base_url: str | None
    seed: int
    mask: bool
    dry_run: bool
    budget: float | None
    as_json: bool


@guarded
def build_dataset(
    source: _Source,
    *,
    output: _Output,
    from_: _From = From.AUTO,
    field: options.Field = None,
    corpus: _Corpus = None,
    split: _Split = None,
    keep_na: _KeepNa = False,
    name: _Name = None,
    license_: _License = None,
    on_error: _OnError = OnError.FAIL,
    questions: _Questions = None,
    kind: _Kind = None,
    judge: _Judge = None,
    model: _Model = None,
    base_url: options.BaseUrl = None,
    seed: _Seed = 0,
    mask: _Mask = True,
    dry_run: _DryRun = False,
    budget: _Budget = None,
    as_json: _OutcomeAsJson = False,
) -> None:
    """Make a dataset folder of questions, references and contexts: from rows, out of documents, or from traces.

    Rows are checked one by one; fields are found by RAGAs' names, by those of RAGAs' older releases, DeepEval,
    promptfoo, LangSmith, MLflow, AutoRAG, Label Studio, SQuAD and BEIR, or where --field says. What was taken for what
    is said, and which columns were not used. An answer is the reference where nothing else can be and nothing was
    retrieved; None, NaN, N/A and the like are no data. Out of documents come draft questions with reference, spans and
    a self-check; out of traces what production was asked, each question once and masked. Drafts are for
    `rag-eval review`. The folder loads with datasets.load_dataset.
    """
    from rag_eval import telemetry

    telemetry.silence()
    how = BuildOptions(
        source, output, options.fields_of(field or []), corpus, split, keep_na, name, license_, on_error, questions,
        tuple(kind or ()), judge, model, base_url, seed, mask, dry_run, budget, as_json,
    )  # fmt: skip
    kind_of_source = source_kind(source) if from_ is From.AUTO else from_
    _demand_meant(kind_of_source, how)
    _BUILDERS[kind_of_source](how)


_MEANT = {
    From.ROWS: {"--corpus", "--split", "--field", "--keep-na", "--on-error", "--license"},
    From.DOCUMENTS: {
        "--questions",
        "--kind",
        "--judge",
        "--model",
        "--base-url",
        "--seed",
        "--dry-run",
        "--budget",
        "--license",
    },
    From.TRACES: {"--questions", "--field", "--seed", "--no-mask"},
}
"""Which options speak of which source."""


def _demand_meant(what: From, how: BuildOptions) -> None:
    """Raise `UsageError` for an option that does nothing here; ignoring it would surprise."""
    given = {"--corpus": how.corpus, "--split": how.split, "--questions": how.questions, "--kind": how.kinds,
             "--judge": how.judge, "--model": how.model, "--base-url": how.base_url, "--field": how.fields,
             "--keep-na": how.keep_na, "--on-error": how.on_error is not OnError.FAIL, "--seed": how.seed,
             "--no-mask": not how.mask, "--dry-run": how.dry_run, "--budget": how.budget is not None,
             "--license": how.license}  # fmt: skip
    for option, value in given.items():
        if value and option not in _MEANT[what]:
            raise UsageError(
                f"{option}: does nothing for {what.value}; leave it out, or say --from if this is something else"
            )


def source_kind(source: str) -> From:
    """What a source holds, by its files."""
    from rag_eval import traces
    from rag_eval.dataset import documents, sources

    try:
        path = Path(source)
        if source.startswith(sources.HUB) or (path.is_dir() and documents.holds_rows(path)):
            return From.ROWS
        if path.suffix.lower() == ".txt" and path.is_file() and sources.holds_questions(path):
            return From.ROWS
        if path.is_dir() or documents.is_document(source):
            return From.DOCUMENTS
        return From.TRACES if traces.sniff(source) else From.ROWS
    except OSError:  # such as a name that is too long; whoever reads it will say so
        return From.ROWS


def _from_rows(how: BuildOptions) -> None:
    from rag_eval import config, dataset

    rows = config.DatasetConfig(
        path=how.source, split=how.split, fields=how.fields, corpus=how.corpus, keep_na=how.keep_na
    )  # fmt: skip
    built = dataset.build(rows, how.output, name=how.name, on_error=how.on_error.value, license_=how.license)
    _tell(built, as_json=how.as_json)


def _from_documents(how: BuildOptions) -> None:
    from rag_eval import curation
    from rag_eval.cli import drafts, judges

    questions, judge = how.questions or DRAFTS, judges.chosen(how.judge, how.model, how.base_url)
    drafting = curation.DraftOptions(
        questions, drafts.kinds(how.kinds), judge, how.seed, how.name, how.license, how.budget
    )
    if how.dry_run:
        drafts.tell_plan(curation.plan_drafts(how.source, drafting), as_json=how.as_json)
        return
    with drafts.progress(questions) as watch:
        report = curation.draft(how.source, how.output, drafting, watch)
    drafts.tell(report, as_json=how.as_json)


def _from_traces(how: BuildOptions) -> None:
    from rag_eval import curation
    from rag_eval.cli import drafts

    report = curation.sample(
        how.source,
        how.output,
        how.questions or DRAFTS,
        fields=how.fields,
        seed=how.seed,
        mask=how.mask,
        name=how.name,
    )
    drafts.tell_sample(report, as_json=how.as_json)


_BUILDERS = {From.ROWS: _from_rows, From.DOCUMENTS: _from_documents, From.TRACES: _from_traces}


def _tell(built: "WriteResult", *, as_json: bool) -> None:
    from rag_eval.dataset.problems import SHOWN, problem_lines

    left_out = problem_lines(built.problems)
    for line in left_out[:SHOWN]:
        print_note(f"left out: {line}")
    if len(left_out) > SHOWN:
        print_note(f"… and {len(left_out) - SHOWN} more; see {built.folder / 'quarantine.jsonl'}")
    for line in built.account.remarks("options"):
        print_note(line)
    if as_json:
        printing.as_json(built.manifest, folder=str(built.folder), account=built.account.model_dump(mode="json"))
        return
    printing.say(f"{built.folder}: {built.manifest.rows} cases, fingerprint {built.manifest.fingerprint}")
    if count := len(built.problems):
        rows = "1 row was" if count == 1 else f"{count} rows were"
        printing.say(f"{rows} left out; see {built.folder / 'quarantine.jsonl'}")
    if built.tags:
        printing.say("tags: " + ", ".join(f"{tag} {count}" for tag, count in sorted(built.tags.items())))
    columns(built.account)


def columns(account: "Account") -> None:
    """Print what became of the columns of rows, and how many rows have what."""
    from rag_eval.reports.fitting import FittingTable

    lines = [
        {
            "column": use.column,
            "field": use.field or "not used",
            "rows": str(use.rows) if use.field else "",
            "remark": use.remark,
        }
        for use in account.uses
    ]
    texts = frozenset({"field", "remark"})
    printing.show([FittingTable("column", [["field", "rows", "remark"]], lines, texts, frozenset({"remark"}))])
    printing.say(account.counts)
