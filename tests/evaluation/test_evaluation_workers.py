"""Scoring in several processes: the same outcomes, and none that is left behind."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.replays import experiment
from support.runs import rows

from rag_eval import telemetry
from rag_eval.errors import UsageError, WorkerError
from rag_eval.evaluation import session, workers
from rag_eval.evaluation.plan import prepare
from rag_eval.records import Answer, Case
from rag_eval.runs import RunFolder

CASE = Case(id="a", user_input="When does it leave?", reference_context_ids=("p1",))
REPLY = Answer(response="At noon.", retrieved_context_ids=("p1",))
OPENAI = {"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"judge": OPENAI}, "'openai' is waited for"),
        ({"metrics": ["recall@5", "json:loads"]}, "json:loads is not part of rag-eval"),
        ({"refusals": {"use": "json:loads"}}, "json:loads is not part of rag-eval"),
        ({"metrics": ["hit@17", "correctness"]}, ""),
    ],
)
def test_workers_are_refused_where_they_would_have_nothing_to_do(
    tmp_path: Path, settings: dict[str, Any], why: str
) -> None:
    """With the reason; one, and none named, are always right."""
    asked = experiment(tmp_path, **settings)
    assert why in workers.why_one(asked)
    assert bool(why) == bool(workers.why_one(asked))
    workers.check(asked, None)
    workers.check(asked, 1)
    if why:
        with pytest.raises(UsageError, match="--workers 2"):
            workers.check(asked, 2)
        assert workers.number(asked, None, 10**6) == 1
    else:
        workers.check(asked, 2)
        with pytest.raises(UsageError, match="--stop-when-decided"):
            workers.check(asked, 2, ordered=True)


def test_as_many_as_there_are_cores_where_it_pays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one, unless somebody says how many."""
    asked = experiment(tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert workers.number(asked, None, workers.FEWEST) == 3
    assert workers.number(asked, None, workers.FEWEST - 1) == 1
    assert workers.number(asked, 2, 1) == 2


def _run(folder: Path, wanted: int, **settings: Any) -> RunFolder:
    plan = prepare(experiment(folder, *rows(40), runs=str(folder / f"runs-{wanted}"), **settings))
    with session.begin(plan) as job, session.timed(job):
        session.work(job, lambda _: None, None, None, wanted)
    return job.folder


def _content(folder: RunFolder) -> list[Any]:
    with folder.open_() as journal:
        return [*journal.stored()]


@pytest.mark.slow
def test_a_run_is_the_same_however_many_score(tmp_path: Path) -> None:
    """To the last sign of the journal."""
    assert _content(_run(tmp_path, 2)) == _content(_run(tmp_path, 1))


def _child(parent: int) -> int:
    return int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])


async def _ends(pool: workers.WorkerPool) -> None:
    asked = [pool.score(CASE, REPLY, {}) for _ in range(200)]  # what was on its way may still come
    errors = [each for each in await asyncio.gather(*asked, return_exceptions=True) if isinstance(each, BaseException)]
    assert errors
    assert all(isinstance(error, WorkerError) and "ended before its time" in str(error) for error in errors)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_process_that_is_killed_is_told_and_the_others_end(tmp_path: Path) -> None:
    """Whoever waits, and whoever asks later."""

    async def killed() -> int:
        async with workers.opened(2, experiment(tmp_path)) as pool:
            assert pool is not None
            assert "recall@5" in (await pool.score(CASE, REPLY, {}))[0]
            [parent] = pool.processes
            os.kill(_child(parent.pid), signal.SIGKILL)
            await _ends(pool)
            await _ends(pool)
            return parent.pid

    _demand_gone(asyncio.run(killed()))


def test_nothing_is_left_of_work_that_is_stopped(tmp_path: Path) -> None:
    """Whoever waits is cancelled, and the processes end."""
    begun: list[int] = []

    async def stopped() -> None:
        async with workers.opened(2, experiment(tmp_path)) as pool:
            assert pool is not None
            begun.extend(process.pid for process in pool.processes)
            await asyncio.gather(*(pool.score(CASE, REPLY, {}) for _ in range(200)), _cancelled())

    with suppress(asyncio.CancelledError):
        asyncio.run(stopped())
    for group in begun:
        _demand_gone(group)


async def _cancelled() -> None:
    raise asyncio.CancelledError


def _demand_gone(group: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_one_process_is_this_one(tmp_path: Path) -> None:
    """None is begun."""

    async def alone() -> None:
        async with workers.opened(1, experiment(tmp_path)) as pool:
            assert pool is None

    asyncio.run(alone())


def test_calls_that_are_told_of_are_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans and figures of each call are of the process that makes it."""
    monkeypatch.setattr(telemetry, "is_watched", lambda: True)
    monkeypatch.setattr(workers, "_started", None)
    assert len(_content(_run(tmp_path, 2))) == 40
