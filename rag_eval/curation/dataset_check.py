"""A dataset checked: by rules, by a judge, against its corpus, and by what past runs over it came to."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag_eval import aio, config, judges, runs, stats
from rag_eval._version import __version__
from rag_eval.curation import wordwise
from rag_eval.curation.replies import reply_journal
from rag_eval.dataset import checks, documents, folders, writing
from rag_eval.dataset.checks import CheckContext, CheckReport, DatasetFinding, PastRun, support
from rag_eval.dataset.drafting import PassageIndex
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.manifest import Step
from rag_eval.dataset.sources.documents import passages
from rag_eval.dataset.writing import DatasetInfo, WriteResult
from rag_eval.errors import UsageError
from rag_eval.journal import JournalWriter
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.plugins import CHECKS
from rag_eval.records import Case

_JUDGED = frozenset(
    spec.name for spec in (support.UNSUPPORTED, support.PARTLY_SUPPORTED, support.ANSWERABLE, support.NOT_JUDGED)
)
"""The checks for which a judge is asked."""


@dataclass(frozen=True)
class CheckOptions:
    """How a dataset is checked."""

    judge: config.JudgeConfig = field(default_factory=EmbeddedJudgeConfig)
    corpus: str | None = None
    """The corpus as it is now; the one kept beside the cases if left out."""
    past: tuple[runs.RunFolder, ...] = ()
    effect: float = 0.1
    """The difference of two means that somebody wants to see."""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fix: bool = False
    output: Path | None = None
    """Where a mended dataset goes; over the old one if left out."""


@dataclass(frozen=True)
class CheckOutcome:
    """What came of checking."""

    report: CheckReport
    fixed: dict[str, int]
    """Check to findings that were mended."""
    written: WriteResult | None


def check(folder: Path, how: CheckOptions = CheckOptions(), watch: Callable[[], None] = lambda: None) -> CheckOutcome:
    """Check a dataset folder; with `fix`, mend what is safe and check again.

    Raises `DataError` if it is no dataset folder, `UsageError` for past runs of other questions.
    """
    judges.check(how.judge)
    dataset = folders.load(folder)
    free = how.judge.is_free
    with _index(dataset, how.corpus) as index, reply_journal(folder, "checking", free=free) as journal:
        subject = _subject(dataset, how, index)
        findings = _findings(subject, how, journal, watch)
        if not how.fix:
            return CheckOutcome(_report(dataset, subject, how, findings), {}, None)
        cases, done = checks.repaired(subject, findings)
        written = _write(dataset, how, cases, done) if done else None
        if written is not None:
            dataset = folders.load(written.folder)
            subject = _subject(dataset, how, index)
            findings = _findings(subject, how, journal, watch)
        return CheckOutcome(_report(dataset, subject, how, findings), dict(done), written)


def _subject(dataset: DatasetFolder, how: CheckOptions, index: PassageIndex | None) -> CheckContext:
    past = [_past(run, {case.id for case in dataset.cases}) for run in how.past]
    return CheckContext(
        cases=dataset.cases,
        passages=index,
        runs=past,
        effect=how.effect,
        spread=checks.spread(past),
    )


def _findings(
    subject: CheckContext, how: CheckOptions, journal: JournalWriter, watch: Callable[[], None]
) -> list[DatasetFinding]:
    findings = [*checks.without_judge(subject), *aio.run_sync(_judged(subject, how, journal, watch))]
    return [
        finding for finding in findings if finding.check not in how.skip and (not how.only or finding.check in how.only)
    ]


async def _judged(
    subject: CheckContext, how: CheckOptions, journal: JournalWriter, watch: Callable[[], None]
) -> list[DatasetFinding]:
    if _JUDGED.isdisjoint(set(how.only or _JUDGED).difference(how.skip)):
        return []  # a verdict that nobody wants is not asked, or paid, for
    objection = wordwise.objection if how.judge.reads_words else None
    async with judges.connect(how.judge, journal, seed=0, round_=0) as judge:
        each = support.check(subject, judge, at_a_time=how.judge.concurrency, objection=objection, watch=watch)
        return [finding async for finding in each]


def _report(
    dataset: DatasetFolder, subject: CheckContext, how: CheckOptions, findings: list[DatasetFinding]
) -> CheckReport:
    skipped = checks.unmet(subject)
    if how.judge.reads_words:
        skipped.setdefault("partly-supported", "words do not tell; name a language model by --model or --judge")
    skipped |= dict.fromkeys(how.skip, "left out by --skip")
    if how.only:
        skipped |= {name: "not among --only" for name in CHECKS.names() if name not in how.only}
    spread = subject.spread if subject.spread is not None else checks.ASSUMED_SPREAD
    return CheckReport(
        name=dataset.manifest.name,
        fingerprint=dataset.manifest.fingerprint,
        rows=len(dataset.cases),
        findings=checks.ordered(findings),
        ran=tuple(name for name in CHECKS.names() if name not in skipped),
        skipped=skipped,
        judge=str(judges.origin(how.judge, 0).get("model") or how.judge.kind),
        smallest_difference=checks.smallest_difference(len(dataset.cases), spread) if dataset.cases else None,
    )


@contextmanager
def _index(dataset: DatasetFolder, corpus: str | None) -> Iterator[PassageIndex | None]:
    """The corpus to check against, as it is now or as it was kept."""
    if corpus is None and dataset.corpus is None:
        yield None
        return
    with PassageIndex() as index:
        if corpus is None:
            index.put((str(row["id"]), str(row["text"])) for row in folders.rows(dataset.path / writing.CORPUS))
        elif (dataset.path / writing.DOCUMENTS).is_file():  # the passages were cut out of documents by us
            for _ in index.fill(documents.read(documents.find(corpus))):
                pass
        else:
            index.put(passages(config.expand(corpus)).items())
        yield index


def _past(run: runs.RunFolder, known: set[str]) -> PastRun:
    with run.open_() as journal:
        repeats = journal.repeats()
        values = {
            trait.name: stats.mean_per_question(journal.values(trait.name), repeats)
            for trait in journal.meta.traits
            if trait.bounded and not trait.hidden
        }
        if known.isdisjoint(case for by_case in values.values() for case in by_case):
            raise UsageError(f"--run {run.id}: asked none of these questions; name runs over this dataset")
        return PastRun(run.id, journal.meta.name, values)


def _write(dataset: DatasetFolder, how: CheckOptions, cases: Sequence[Case], done: Counter[str]) -> WriteResult:
    step = Step(
        operation="fix",
        inputs={dataset.manifest.name: dataset.manifest.fingerprint},
        details={"fixed": dict(done)},
        rag_eval=__version__,
    )
    about = DatasetInfo(
        name=dataset.manifest.name,
        sources=dataset.manifest.sources,
        fields=dataset.manifest.fields,
        corpus=dataset.manifest.corpus,
        lineage=(*dataset.manifest.lineage, step),
    )
    return writing.write(how.output or dataset.path, cases, lambda _: about, writing.copied(dataset.path))
