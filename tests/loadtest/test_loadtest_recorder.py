"""What a process that makes load keeps, and what becomes of it where several do."""

import json
from pathlib import Path
from typing import Any

import pytest
from loadtest.test_loadtest_plan import make

from rag_eval.loadtest import samples
from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.recorder import KEY, Recorder
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.records import Case

SAMPLE = RequestSample(0.123456789, 0.5, "query", "timeout", 0, 0.0)
CASE = Case(id="c1", user_input="When?")


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    """A load test that is planned in the folder."""
    return make(tmp_path)


def test_what_is_written_is_read_again(tmp_path: Path, plan: LoadPlan) -> None:
    """Times to a hundredth of a millisecond; nothing is written twice."""
    recorder = Recorder(tmp_path, plan)
    recorder.sample(SAMPLE)
    recorder.note("users", 5)
    recorder.flush()
    recorder.flush()
    first, note = samples.read(tmp_path)
    assert first == SAMPLE._replace(at=0.12346)
    assert isinstance(note, Note)
    assert (note.what, note.value) == ("users", 5)


def test_of_each_case_the_last_answer_is_kept(tmp_path: Path, plan: LoadPlan) -> None:
    """The later, the longer the load has lasted; also where two processes had the same question."""
    recorder = Recorder(tmp_path, plan)
    assert samples.answers(tmp_path) == []
    for body in ("first", "second", "third"):
        recorder.answer(CASE, body, 7.0, 0.25)
        if body != "first":
            recorder.flush()
    assert [(answer.case, answer.body) for answer in samples.answers(tmp_path)] == [("c1", "third")]


def test_a_line_that_was_cut_by_a_kill_is_left_out(tmp_path: Path, plan: LoadPlan) -> None:
    """Everything before it counts."""
    recorder = Recorder(tmp_path, plan)
    recorder.sample(SAMPLE)
    recorder.sample(SAMPLE)
    recorder.flush()
    path = tmp_path / samples.SAMPLES
    path.write_text(path.read_text()[:-5])
    assert len([*samples.read(tmp_path)]) == 1


def test_a_worker_hands_over_what_it_has(tmp_path: Path, plan: LoadPlan) -> None:
    """Once; whoever leads writes it, and notes once that a worker does something else."""
    (tmp_path / "worker").mkdir()
    worker, leader = Recorder(tmp_path / "worker", plan), Recorder(tmp_path, plan)
    worker.sample(SAMPLE)
    handed: dict[str, Any] = {}
    worker.report("w1", handed)
    leader.take("w1", handed)
    worker.report("w1", handed)
    leader.take("w1", handed)
    assert [*samples.read(tmp_path)] == [SAMPLE._replace(at=0.12346)]
    stranger = json.loads(json.dumps(handed).replace(plan.fingerprint, "another"))
    leader.take("w2", stranger)
    leader.take("w2", stranger)
    leader.take("w3", {KEY: None})
    leader.flush()
    notes = [line.what for line in samples.read(tmp_path) if isinstance(line, Note)]
    assert notes == ["other plan", "other plan"]
