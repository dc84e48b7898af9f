"""Draft questions out of documents, and candidates out of traces, as dataset folders."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from rag_eval import aio, config, judges, traces
from rag_eval._version import __version__
from rag_eval.curation.replies import reply_journal
from rag_eval.dataset import documents, drafting, sampling, writing
from rag_eval.dataset.building import described
from rag_eval.dataset.drafting import DraftRequest, DraftResult, Kind, PassageIndex
from rag_eval.dataset.manifest import Source, Step
from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.writing import DatasetInfo, WriteResult
from rag_eval.errors import DataError, FirstContactError, IncompleteError, UsageError
from rag_eval.journal import JournalWriter
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.records import Usage


@dataclass(frozen=True)
class DraftOptions:
    """How questions are drafted out of documents."""

    questions: int = 50
    kinds: tuple[Kind, ...] = drafting.KINDS
    judge: config.JudgeConfig = field(default_factory=EmbeddedJudgeConfig)
    seed: int = 0
    name: str | None = None
    license: str | None = None
    """Of the documents, as it stands on the card."""
    budget: float | None = None
    """US dollars from which nothing more is paid; what is under way then still is."""


@dataclass(frozen=True)
class PlannedDrafts:
    """What drafting will take, before anybody is asked."""

    plan: drafting.DraftPlan
    documents: int
    passages: int
    by: str
    is_free: bool
    cost_usd: float | None
    """None where nobody said what tokens cost."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DraftReport:
    """What came of drafting."""

    written: WriteResult
    asked: int
    drafted: int
    causes: dict[str, int]
    """Why tries gave no question, most frequent first."""
    exhausted: bool
    """Whether the passages came to an end, and not the patience."""
    by: str
    documents: int
    passages: int
    passed_over: dict[str, int]
    """Endings of files that are no documents."""
    notes: tuple[str, ...]
    usage: Usage
    kinds: dict[str, int] = field(default_factory=dict)
    fell_out: dict[str, str] = field(default_factory=dict)
    """Kinds that were asked for and of which there is none, with the commonest reason."""
    is_spent: bool = False
    """Whether the budget ended it."""


Watch = Callable[[DraftResult], None]


def draft(source: str, folder: Path, how: DraftOptions = DraftOptions(), watch: Watch = lambda _: None) -> DraftReport:
    """Make a dataset folder of draft questions out of documents.

    Replies of a language model are kept beside the folder until it is written, so that the same command after a kill
    pays for nothing twice. Raises `DataError` if no document can be read, `IncompleteError` if no question came of it.
    """
    judges.check(how.judge)
    _demand_prices(how)
    writing.demand_ours(folder)  # now, and not after all has been paid for
    files = documents.find(source)
    with (
        reply_journal(folder, "drafting", free=how.judge.is_free) as journal,
        PassageIndex() as index,
    ):
        read = _shelved(files, index)
        drafted = _draft_all(source, index, how, journal, watch)
        if not drafted.cases:
            more = ". Rules draft of plain sentences alone; a language model finds more: --model NAME"
            because = f"{_told(drafted.causes)}{more if how.judge.is_free else ''}"
            reasons = "\n".join([because, *read.notes])
            raise IncompleteError(f"no question could be drafted out of {source}: {reasons}")
        written = _write_drafts(source, folder, how, index, read, drafted)
        return DraftReport(
            written=written,
            asked=how.questions,
            drafted=len(drafted.cases),
            causes=dict(drafted.causes.most_common()),
            exhausted=drafted.exhausted,
            by=_drafter(how.judge),
            documents=len(read.sources),
            passages=index.count(),
            passed_over=dict(files.passed_over),
            notes=tuple(read.notes),
            usage=journal.usage(),
            kinds=dict(Counter(case.tags[1] for case in drafted.cases)),
            fell_out=_fell_out(how.kinds, drafted),
            is_spent=_is_spent(how, journal),
        )


def plan_drafts(source: str, how: DraftOptions = DraftOptions()) -> PlannedDrafts:
    """What `draft` will ask and spend; nobody is asked and nothing written. Raises `DataError` as it does."""
    judges.check(how.judge)
    _demand_prices(how)
    with PassageIndex() as index:
        read = _shelved(documents.find(source), index)
        planned = drafting.plan(index, _request(how))
        return PlannedDrafts(
            plan=planned,
            documents=len(read.sources),
            passages=index.count(),
            by=_drafter(how.judge),
            is_free=how.judge.is_free,
            cost_usd=how.judge.cost_usd(planned.prompt_tokens, planned.completion_tokens),
            notes=tuple(read.notes),
        )


def _demand_prices(how: DraftOptions) -> None:
    if how.budget is not None and (how.judge.is_free or how.judge.cost_usd(1, 1) is None):
        raise UsageError(
            "--budget: it is not known what the judge costs. Give --judge FILE, with US dollars for a million tokens:"
            " judge: {prices: {prompt: 0.4, completion: 1.6}}"
        )


def _is_spent(how: DraftOptions, journal: JournalWriter) -> bool:
    if how.budget is None:
        return False
    usage = journal.usage()
    return (how.judge.cost_usd(usage.prompt_tokens, usage.completion_tokens) or 0.0) >= how.budget


def _fell_out(kinds: tuple[Kind, ...], drafted: DraftResult) -> dict[str, str]:
    there = {case.tags[1] for case in drafted.cases}
    causes = {kind: drafted.by_kind.get(kind) for kind in kinds if kind not in there}
    return {kind: counts.most_common(1)[0][0] if counts else _NO_PASSAGE for kind, counts in causes.items()}


@dataclass
class _Read:
    """What became of the documents."""

    sources: list[Source] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _shelved(files: documents.DocumentFiles, index: PassageIndex) -> _Read:
    read = _Read()
    for document in index.fill(documents.read(files)):
        if isinstance(document, documents.UnreadableDocument):
            reason = f"{document.reason}: {document.message}"
            read.problems.append(RowProblem(document.path, 0, "the document", "one whose text can be read", reason))
        else:
            read.sources.append(Source(path=document.id, sha256=document.sha256, rows=1))
            read.notes.extend(f"{document.id}: {note}" for note in document.notes)
    for name, damaged, passages, share in index.garbled():
        read.notes.append(
            f"{name}: garbled: {share:.0%} of the words in {damaged} of its {passages} passages are damaged, and"
            " nothing is drafted from those; save it again, or run it through OCR"
        )
    if not index.count():
        listed = "\n".join(map(str, read.problems))
        raise DataError(f"{listed}\nNo document could be read, so nothing was written.".lstrip())
    return read


def _draft_all(
    source: str, index: PassageIndex, how: DraftOptions, journal: JournalWriter, watch: Watch
) -> DraftResult:
    try:
        return aio.run_sync(_drafted(index, how, journal, watch))
    except FirstContactError as error:
        message = f"no question could be drafted out of {source}: the first calls all ended alike"
        raise FirstContactError(
            f"{message}\n  judge: {error.reason}: {error}", stage=error.stage, reason=error.reason
        ) from error


async def _drafted(index: PassageIndex, how: DraftOptions, journal: JournalWriter, watch: Watch) -> DraftResult:
    async with judges.connect(how.judge, journal, seed=how.seed, round_=0) as judge:
        return await drafting.draft_questions(index, judge, _request(how), watch, lambda: _is_spent(how, journal))


def _request(how: DraftOptions) -> DraftRequest:
    return DraftRequest(
        questions=how.questions,
        kinds=how.kinds,
        seed=how.seed,
        by=_drafter(how.judge),
        at_a_time=how.judge.concurrency,
        most_tries=_EVERY_PASSAGE if how.judge.is_free else None,
    )


_EVERY_PASSAGE = 1_000_000
_NO_PASSAGE = "no passage was tried for it"


def _drafter(judge: config.JudgeConfig) -> str:
    """Who drafts, as it stands in the data."""
    who = judges.origin(judge, 0)
    name = who.get("model") or who.get("use") or f"embedded drafter {who.get('version')}"
    return str(name)


def _write_drafts(
    source: str, folder: Path, how: DraftOptions, index: PassageIndex, read: _Read, drafted: DraftResult
) -> WriteResult:
    details: dict[str, JsonValue] = {
        "by": _drafter(how.judge),
        "seed": how.seed,
        "kinds": [*how.kinds],
        "asked": how.questions,
        "drafted": len(drafted.cases),
        "not_drafted": dict(drafted.causes.most_common()),
        "fell_out": dict(_fell_out(how.kinds, drafted)),
        **({"license": how.license} if how.license else {}),
    }
    whole = hashlib.sha256("".join(sorted(source.sha256 for source in read.sources)).encode()).hexdigest()
    about = DatasetInfo(
        name=how.name or folder.resolve().name,
        sources=(Source(path=source, sha256=whole, rows=len(read.sources)),),
        corpus=Source(path=source, sha256=whole, rows=index.count()),
        lineage=(Step(operation="draft", details=details, rag_eval=__version__),),
        problems=read.problems,
    )
    extras = {
        writing.CORPUS: writing.table(index.rows(), drafting.CORPUS_COLUMNS),
        writing.DOCUMENTS: writing.table(index.documents(), drafting.DOCUMENT_COLUMNS),
    }
    return writing.write(folder, drafted.cases, lambda _: about, extras)


def _told(causes: Counter[str]) -> str:
    return "; ".join(f"{cause} ({count})" for cause, count in causes.most_common()) or "there was nothing to try"


@dataclass(frozen=True)
class SampleReport:
    """What came of sampling traces."""

    written: WriteResult
    sampled: sampling.SampleResult


def sample(
    source: str,
    folder: Path,
    most: int,
    *,
    fields: dict[str, str],
    seed: int,
    mask: bool,
    name: str | None = None,
) -> SampleReport:
    """Make a dataset folder of what production was asked, for review; raises `DataError` if there are no questions."""
    sampled = sampling.sample(traces.read(source, fields=fields), most, seed, mask=mask)
    if not sampled.cases:
        why = _told(sampled.skipped)
        raise DataError(f"{source}: holds no question that could be sampled: {why}. Nothing was written.")
    details: dict[str, JsonValue] = {
        "seed": seed,
        "asked": sampled.asked,
        "distinct": sampled.distinct,
        "skipped": dict(sampled.skipped),
        "masked": dict(sampled.masked) if mask else "no",
    }
    step = Step(operation="sample", details=details, rag_eval=__version__)
    about = DatasetInfo(
        name=name or folder.resolve().name,
        sources=(described(source, sampled.asked),),
        lineage=(step,),
    )
    return SampleReport(writing.write(folder, sampled.cases, lambda _: about), sampled)
