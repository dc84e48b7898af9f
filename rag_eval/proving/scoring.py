"""Spoilt answers: made of a run's, scored by its own judge and metrics, and kept in its folder."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag_eval import config, judges, metrics, runs, stats
from rag_eval.errors import MismatchError
from rag_eval.evaluation import engine, heavy_imports
from rag_eval.gates import trials
from rag_eval.gates.damage import DAMAGES
from rag_eval.journal import Journal, JournalWriter, Row
from rag_eval.records import REFUSED, Answer, Case, Failure, Origin, Outcome, RunMeta, Usage

_OTHERS = 8
"""Answers to other questions of which a spoilt one may take its text."""


@dataclass(frozen=True)
class SpoiltAnswer:
    """A spoilt answer, to be scored."""

    kind: str
    place: int
    """Of the question among all."""
    row: Row
    """As it was."""
    answer: Answer

    @property
    def case(self) -> Case:
        """The case under an id that says which answer it is scored with."""
        digest = hashlib.sha256(self.answer.model_dump_json().encode()).hexdigest()[:12]
        return self.row.case.model_copy(update={"id": f"{self.row.case.id}~{self.kind}~{digest}"})


def spoil(questions: Sequence[Sequence[Row]], seed: int) -> list[SpoiltAnswer]:
    """Every answer in every way in which it can be spoilt; the same ones for the same seed."""
    replies = [[row.reply for row in question if isinstance(row.reply, Answer)] for question in questions]
    answers = [(place, answer) for place, group in enumerate(replies) for answer in group[:1]]
    return [
        SpoiltAnswer(damage.name, place, row, spoilt)
        for place, question in enumerate(questions)
        for row in question
        if isinstance(row.reply, Answer)
        for damage in DAMAGES
        for rng in [np.random.default_rng([seed, zlib.crc32(f"{damage.name}/{row.case.id}".encode())])]
        if (spoilt := damage.apply(row.case, row.reply, _others(answers, place, rng), rng)) is not None
    ]


def _others(answers: Sequence[tuple[int, Answer]], place: int, rng: np.random.Generator) -> list[Answer]:
    drawn = [answers[int(at)] for at in rng.integers(len(answers), size=_OTHERS)]
    return [answer for of, answer in drawn if of != place]


@contextmanager
def scored_before(folder: runs.RunFolder, journal: Journal, own: config.Experiment) -> Iterator[JournalWriter]:
    """What an earlier proof of the run has scored, if it was measured as it would be now; else nothing."""
    path = folder.path / "proof.db"
    measured = metrics.select(own.metrics, own.refusals)
    before = journal.meta.origin
    now = before.model_copy(update={"judge": judges.origin(own.judge, own.seed), "metrics": metrics.versions(measured)})
    if different := stats.origin_differences(before, now):
        raise MismatchError(
            f"{folder.id}: spoilt answers cannot be scored as the run was: {'; '.join(different)}. Run it anew"
        )
    meta = RunMeta(origin=now, key=journal.meta.key)
    if path.exists() and _origin_of(path) != now:
        for file in (path, path.with_name("proof.db-wal"), path.with_name("proof.db-shm")):
            file.unlink(missing_ok=True)
    with JournalWriter.open_(path) if path.exists() else JournalWriter.create(path, meta) as proof:
        yield proof


def _origin_of(path: Path) -> Origin | None:
    with Journal.open_(path) as journal:
        meta = journal.meta
        return meta.origin if meta.known("origin") else None


@dataclass(frozen=True)
class _SpoiltAnswers:
    """A target that gives each case its spoilt answer."""

    answers: Mapping[str, Answer]

    async def answer(self, case: Case) -> Answer:
        """The spoilt answer."""
        return self.answers[case.id]


@dataclass(frozen=True)
class _Ledger:
    """Replies of the judge: those of the run are not paid for again."""

    run: Journal
    proof: JournalWriter

    def cached_reply(self, key: str) -> str | None:
        """The reply that is kept under a key."""
        return self.proof.cached_reply(key) or self.run.cached_reply(key)

    def cache_reply(self, key: str, body: str) -> None:
        """Keep a reply."""
        self.proof.cache_reply(key, body)

    def add_usage(self, usage: Usage) -> None:
        """Count calls."""
        self.proof.add_usage(usage)


async def score(
    own: config.Experiment,
    journal: Journal,
    proof: JournalWriter,
    tasks: Sequence[SpoiltAnswer],
    wanted: frozenset[str],
) -> None:
    """Score what has no score yet by the metrics that are wanted; a judge is not asked again what the run asked it."""
    ledger, round_ = _Ledger(journal, proof), journal.meta.round
    async with judges.connect(own.judge, ledger, seed=own.seed, round_=round_) as judge:
        specs = metrics.select(own.metrics, own.refusals)
        asked = [spec for spec in specs if spec.name in wanted | _readers(specs)]
        work = engine.Work(
            target=_SpoiltAnswers({task.case.id: task.answer for task in tasks}),
            metrics=metrics.connect(asked, judge),
            derived=[spec for spec in specs if spec.derived],
            journal=proof,
            asking=1,
            scoring=own.judge.concurrency,
            retry_errors=True,
            imports=heavy_imports.HeavyImports(heavy_imports.needed(asked, own.judge)),
        )
        await engine.drive(work, [task.case for task in tasks])


def missing(task: SpoiltAnswer, wanted: frozenset[str], proof: Journal) -> frozenset[str]:
    """The metrics that have not scored a spoilt answer yet, or failed to."""
    return wanted - {name for name, o in proof.outcomes(task.case.id).items() if not _failed(o)}


def failed(tasks: Sequence[SpoiltAnswer], wanted: frozenset[str], proof: Journal) -> int:
    """How many scores of spoilt answers the judge failed to give."""
    outcomes = [proof.outcomes(task.case.id) for task in tasks]
    return sum(_failed(outcome) for each in outcomes for name, outcome in each.items() if name in wanted)


def _failed(outcome: Outcome) -> bool:
    """Whether a metric failed; that no text came is what was meant."""
    return isinstance(outcome, Failure) and outcome.stage != "target"


def _readers(specs: Sequence[metrics.MetricSpec]) -> frozenset[str]:
    """A metric that reads the text, so that it is noticed where none came: refusals, else the first that does."""
    readers = [spec.name for spec in specs if "response" in spec.needs]
    return frozenset([REFUSED] if REFUSED in readers else readers[:1])


def population(
    meta: RunMeta, questions: Sequence[Sequence[Row]], tasks: Sequence[SpoiltAnswer], proof: Journal
) -> trials.Population:
    """The questions as they were and as they are once spoilt; a repetition that cannot be spoilt stays as it was."""
    as_they_were = [[trials.ScoredCase(row.case, row.outcomes) for row in question] for question in questions]
    spoilt: dict[str, dict[int, list[trials.ScoredCase]]] = {damage.name: {} for damage in DAMAGES}
    for task in tasks:
        whole = spoilt[task.kind].setdefault(task.place, [*as_they_were[task.place]])
        number = next(n for n, row in enumerate(questions[task.place]) if row.case.id == task.row.case.id)
        whole[number] = trials.ScoredCase(task.row.case, {**task.row.outcomes, **proof.outcomes(task.case.id)})
    return trials.Population(as_they_were, spoilt, meta)
