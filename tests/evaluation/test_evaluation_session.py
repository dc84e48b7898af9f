"""One session of work on a run: opened, asked and scored, timed, and told how to go on with."""

import asyncio
from pathlib import Path

import pytest
from support.answering import answering, asked
from support.replays import experiment, write_rows
from support.runs import rows

from rag_eval.errors import Interruption, UnreachableError
from rag_eval.evaluation import engine, results, session
from rag_eval.evaluation.plan import Plan, prepare
from rag_eval.records import Answer, Failure, SequentialDesign
from rag_eval.runs import RunFolder


def _plan(folder: Path, limit: int | None = None, **fails: str) -> Plan:
    return prepare(experiment(folder, *rows(4), target=answering(**fails)), limit)


def _work(plan: Plan, resume: RunFolder | None = None, *, retry_errors: bool = False) -> RunFolder:
    with (
        session.begin(plan, resume, retry_errors=retry_errors) as job,
        session.timed(job),
        session.unseen(job.start) as watch,
    ):
        session.work(job, watch, None, None)
    return job.folder


def _replies(folder: RunFolder) -> dict[str, str]:
    with folder.open_() as journal:
        return {
            row.case.id: row.reply.reason if isinstance(row.reply, Failure) else "answered" for row in journal.rows()
        }


def test_everything_is_asked_scored_and_kept(tmp_path: Path) -> None:
    """In the order of the dataset."""
    folder = _work(_plan(tmp_path))
    with folder.open_() as journal:
        assert [row.case.id for row in journal.rows()] == [f"case-{n}" for n in range(4)]
        assert journal.values("recall@5") == dict.fromkeys((f"case-{n}" for n in range(4)), 1.0)
        assert all(isinstance(row.reply, Answer) for row in journal.rows())


def test_a_limit_is_kept_to(tmp_path: Path) -> None:
    """No case beyond it is asked."""
    assert [*_replies(_work(_plan(tmp_path, 2)))] == ["case-0", "case-1"]


def test_watchers_are_told_of_each_case_twice(tmp_path: Path) -> None:
    """When it was answered and when it was scored; and the start knows what there is to do."""
    events: list[engine.CaseEvent] = []
    with session.begin(_plan(tmp_path, case_2="timeout")) as job, session.timed(job):
        session.work(job, events.append, None, None)
        start = job.start
        assert (start.survey.total, start.folder, start.usage().calls) == (4, job.folder, 0)
    by_kind = {kind: [event.case.id for event in events if event.kind == kind] for kind in ("answered", "scored")}
    ids = [f"case-{n}" for n in range(4)]
    assert (sorted(by_kind["answered"]), sorted(by_kind["scored"])) == (ids, ids)
    assert {event.case.id for event in events if event.failed} == {"case-2"}


def test_a_service_that_is_away_ends_the_session_and_says_how_to_go_on(tmp_path: Path) -> None:
    """What was answered before is kept."""
    with pytest.raises(UnreachableError) as caught:
        _work(_plan(tmp_path, case_2="away"))
    (folder,) = map(RunFolder, (tmp_path / "runs").glob("*-x"))
    message = str(caught.value)
    assert message.startswith("the service is away\n")
    assert f"2 cases are kept in {folder.path}. When it is back: rag-eval run --resume {folder.path}" in message
    assert [*_replies(folder)] == ["case-0", "case-1"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_who_stops_a_session_is_told_how_to_go_on(tmp_path: Path, error: type[BaseException]) -> None:
    """With Ctrl-C or a signal; the exit code is that of an interrupt."""

    def stopped() -> None:
        with session.begin(_plan(tmp_path)) as job, session.timed(job):
            raise error

    with pytest.raises(Interruption) as caught:
        stopped()
    (folder,) = (tmp_path / "runs").glob("*-x")
    assert str(caught.value) == f"stopped; 0 cases are kept in {folder}\nGo on with: rag-eval run --resume {folder}"
    assert caught.value.exit_code == 130


def test_any_other_error_is_not_dressed_up(tmp_path: Path) -> None:
    """It is told as what it is; the journal is closed and can be opened again."""

    def broken() -> None:
        with session.begin(_plan(tmp_path)) as job, session.timed(job):
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        broken()
    (folder,) = map(RunFolder, (tmp_path / "runs").glob("*-x"))
    folder.write().close()


def test_a_session_that_goes_on_asks_only_what_is_left(tmp_path: Path) -> None:
    """A failure is a reply as well; it is asked again only where somebody wants that."""
    folder = _work(_plan(tmp_path, case_1="timeout"))
    for retry in (False, True):
        asked.clear()
        _work(_plan(tmp_path, case_1="timeout"), folder, retry_errors=retry)
        assert asked == (["case-1"] if retry else [])
    assert _replies(folder)["case-1"] == "timeout"


def test_time_is_that_of_the_sessions_and_not_of_what_lies_between(tmp_path: Path) -> None:
    """A session counts also where it ended with an error, and is there for others from its beginning on."""
    folder = _work(_plan(tmp_path))

    def broken() -> None:
        with folder.write() as journal, session.clocked(journal):
            _, _, seconds = journal.sessions()
            assert seconds >= 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with folder.open_() as journal:
        started, ended, seconds = journal.sessions()
        count = journal._db.execute("SELECT count(*) FROM sessions").fetchone()[0]
    assert count == 2
    assert started <= ended
    assert 0 <= seconds <= ended - started + 1e-6


def test_what_a_replay_leaves_out_is_kept_with_the_run(tmp_path: Path) -> None:
    """So that it can be told when it is looked at later."""
    target = {"kind": "replay", "path": write_rows(tmp_path / "captured.jsonl", rows(4)[1:])}
    folder = _work(prepare(experiment(tmp_path, *rows(4), target=target)))
    with folder.open_() as journal:
        assert journal.meta.replay is not None
        assert journal.meta.replay["missing"] == 1
    assert _replies(folder)["case-0"] == "not_captured"


def test_that_a_run_is_looked_at_on_the_way_is_kept_in_every_journal(tmp_path: Path) -> None:
    """By whoever compares them later."""
    folder = _work(_plan(tmp_path))
    design = SequentialDesign(seed=3, metrics=("recall@5",))
    with folder.write() as journal:
        session.remember_looks(design, journal)
    assert results.summary_of(folder).sequential == design
