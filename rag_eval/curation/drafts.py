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
from rag_eval.errors import DataError, FirstContactError, IncompleteError
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


Watch = Callable[[DraftResult], None]


def draft(source: str, folder: Path, how: DraftOptions = DraftOptions(), watch: Watch = lambda _: None) -> DraftReport:
    """Make a dataset folder of draft questions out of documents.

    Replies of a language model are kept beside the folder until it is written, so that the same command after a kill
    pays for nothing twice. Raises `DataError` if no document can be read, `IncompleteError` if no question came of it.
    """
    judges.check(how.judge)
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
        )


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
    free = how.judge.is_free
    wanted = DraftRequest(
        questions=how.questions,
        kinds=how.kinds,
        seed=how.seed,
        by=_drafter(how.judge),
        at_a_time=how.judge.concurrency,
        most_tries=_EVERY_PASSAGE if free else None,
    )
    async with judges.connect(how.judge, journal, seed=how.seed, round_=0) as judge:
        return await drafting.draft_questions(index, judge, wanted, watch)


_EVERY_PASSAGE = 1_000_000


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
    source: str, folder: Path, most: int, *, fields: dict[str, str], seed: int, mask: bool, name: str | None = None
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
