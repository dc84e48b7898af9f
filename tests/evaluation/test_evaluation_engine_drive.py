"""The two waiting loops: streaming, bounded, and safe against whatever a part does."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.scripted import connected

from rag_eval.errors import TargetError
from rag_eval.evaluation.engine import CaseEvent, Work, drive
from rag_eval.journal import JournalWriter
from rag_eval.records import Answer, Case, Failure, NotApplicable, Score


@dataclass
class Echo:
    """A target that repeats the question, unless told to fail."""

    seconds: float = 0.0
    broken: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def answer(self, case: Case) -> Answer:
        """The question again."""
        self.asked.append(case.id)
        await asyncio.sleep(self.seconds)
        if case.id in self.broken:
            raise self.broken[case.id]
        return Answer(response=case.user_input)


@dataclass
class Length:
    """A metric that counts letters, unless told to fail."""

    name: str = "length"
    version: str = "1"
    needs: tuple[str, ...] = ("response",)
    higher_is_better: bool = True
    bounded: bool = False
    seconds: float = 0.0
    broken: set[str] = field(default_factory=set)
    scored: list[str] = field(default_factory=list)

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """The number of letters."""
        self.scored.append(case.id)
        await asyncio.sleep(self.seconds)
        if case.id in self.broken:
            raise ZeroDivisionError("a bug")
        return Score(value=float(len(answer.response or "")))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    """An empty journal."""
    with JournalWriter.create(tmp_path / "journal.db") as made:
        yield made


def _cases(count: int) -> list[Case]:
    return [Case(id=str(n), user_input=f"What is {n}?") for n in range(count)]


def _work(journal: JournalWriter, target: Echo, *metrics: Length, retry_errors: bool = False) -> Work:
    return Work(target, [*map(connected, metrics)], journal, asking=2, scoring=2, retry_errors=retry_errors)


def test_every_case_ends_with_an_outcome_for_every_metric(journal: JournalWriter) -> None:
    """Whatever the order in which answers came, rows stand in the order of the dataset."""
    asyncio.run(drive(_work(journal, Echo(), Length(), Length(name="again")), _cases(20)))
    rows = list(journal.rows())
    assert [row.case.id for row in rows] == [str(n) for n in range(20)]
    assert all(set(row.outcomes) == {"length", "again", "answered"} for row in rows)


def test_an_exception_nobody_expected_is_a_failure_of_its_case_alone(journal: JournalWriter) -> None:
    """In a target or in a metric: the rest of the run goes on, and the reason is kept."""
    target = Echo(broken={"1": RuntimeError("boom"), "2": TargetError("no", reason="timeout")})
    asyncio.run(drive(_work(journal, target, Length(broken={"3"})), _cases(5)))
    rows = {row.case.id: row for row in journal.rows()}
    assert isinstance(rows["1"].reply, Failure)
    assert (rows["1"].reply.reason, rows["1"].reply.message) == ("unexpected", "RuntimeError: boom")
    found = {key: row.outcomes["length"] for key, row in rows.items()}
    assert [getattr(found[key], "reason", None) for key in "01234"] == [
        None,
        "unexpected",
        "timeout",
        "unexpected",
        None,
    ]
    assert [getattr(found[key], "stage", None) for key in "123"] == ["target", "target", "metric"]


def test_an_answer_is_scored_while_the_next_question_is_asked(journal: JournalWriter) -> None:
    """And asking never runs far ahead of scoring, however many cases there are."""
    taken = 0

    def endless() -> Iterator[Case]:
        nonlocal taken
        for case in _cases(200):
            taken += 1
            yield case

    ahead: list[int] = []
    metric = Length(seconds=0.002)
    work = _work(journal, Echo(), metric)

    def watch(event: CaseEvent) -> None:
        if event.kind == "scored":
            ahead.append(taken - len(metric.scored))

    asyncio.run(drive(Work(work.target, work.metrics, journal, asking=2, scoring=2, watch=watch), endless()))
    assert len(ahead) == 200
    assert max(ahead) <= 16


def test_what_is_told_has_been_kept(journal: JournalWriter) -> None:
    """When an event comes, the journal has it already."""
    seen: list[bool] = []

    def watch(event: CaseEvent) -> None:
        reply, outcomes = journal.reply(event.case.id), journal.outcomes(event.case.id)
        seen.append(reply is not None and (event.kind == "answered" or "length" in outcomes))

    work = _work(journal, Echo(), Length())
    asyncio.run(drive(Work(work.target, work.metrics, journal, asking=2, scoring=2, watch=watch), _cases(10)))
    assert seen == [True] * 20


def test_a_second_drive_asks_and_scores_nothing_again(journal: JournalWriter) -> None:
    """And with --retry-errors only what had failed."""
    broken = Echo(broken={"1": TargetError("no", reason="timeout")})
    asyncio.run(drive(_work(journal, broken, Length(broken={"2"})), _cases(4)))
    target, metric = Echo(), Length()
    asyncio.run(drive(_work(journal, target, metric), _cases(4)))
    assert (target.asked, metric.scored) == ([], [])
    asyncio.run(drive(_work(journal, target, metric, retry_errors=True), _cases(4)))
    assert (target.asked, sorted(metric.scored)) == (["1"], ["1", "2"])
    assert all(isinstance(row.outcomes["length"], Score) for row in journal.rows())


def test_what_is_settled_goes_by_unread(journal: JournalWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of as before; its scores are not read and nothing is written, unless a metric has come since."""
    asyncio.run(drive(_work(journal, Echo(), Length()), _cases(4)))
    before, events, told = journal._db.total_changes, list[str](), list[bool]()
    work = replace(_work(journal, Echo(), Length()), watch=lambda event: events.append(event.kind), scored=told.append)
    with monkeypatch.context() as patch:
        patch.setattr(JournalWriter, "outcomes", None)
        asyncio.run(drive(work, _cases(4)))
    assert (journal._db.total_changes, sorted(events)) == (before, ["answered"] * 4 + ["scored"] * 4)
    assert told == [False] * 4
    added = Length(name="added")
    asyncio.run(drive(_work(journal, Echo(), Length(), added), _cases(4)))
    assert (sorted(added.scored), set(journal.outcomes("3"))) == (["0", "1", "2", "3"], {"length", "added", "answered"})


def test_what_was_done_is_kept_when_it_is_cancelled(journal: JournalWriter) -> None:
    """A stop in the middle leaves whole cases, and the next drive does the rest."""

    async def stopped() -> None:
        task = asyncio.create_task(drive(_work(journal, Echo(seconds=0.01), Length()), _cases(50)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    done = journal.count()
    assert 0 < done < 50
    target = Echo()
    asyncio.run(drive(_work(journal, target, Length()), _cases(50)))
    assert journal.count() == 50
    assert len(target.asked) == 50 - done


def test_a_broken_journal_ends_the_run_with_its_own_error(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept is not passed over: the error comes out as it is."""

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(journal, "record_reply", full)
    with pytest.raises(OSError, match="disk full"):
        asyncio.run(drive(_work(journal, Echo(), Length()), _cases(4)))
