"""Spoilt answers: made of a run's, scored by its own metrics, and kept in its folder."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.answering import answering
from support.replays import experiment
from support.runs import rows

from rag_eval import config, configfile, pipeline
from rag_eval.errors import MismatchError
from rag_eval.gates.damage import DAMAGES
from rag_eval.journal import Journal, Row
from rag_eval.proving import scoring
from rag_eval.records import Answer, Case, Failure, NotApplicable, Outcome, RunMeta, Score
from rag_eval.runs import RunFolder

_WANTED = frozenset({"recall@5"})


def _row(n: int, response: str | None = None, **case: Any) -> Row:
    text = f"The ferry to island {n} costs {n + 11} pounds and leaves at nine." if response is None else response
    asked = Case(id=f"q{n}", user_input=f"{n}?", reference=text, reference_context_ids=(f"p{n}",), **case)
    return Row(n, asked, Answer(response=text, retrieved_contexts=("x",), retrieved_context_ids=(f"p{n}",)), {})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of five questions that were answered right, by a metric that asks no judge."""
    folder = tmp_path_factory.mktemp("proving")
    own = experiment(folder, *rows(5), target=answering())
    return RunFolder(pipeline.run(own).result.folder)


def _own(folder: RunFolder) -> config.Experiment:
    return configfile.load(folder.experiment)


def _questions(journal: Journal) -> list[list[Row]]:
    return [[row] for row in journal.rows()]


def _score(folder: RunFolder, tasks: Sequence[scoring.SpoiltAnswer], journal: Journal) -> None:
    own = _own(folder)
    with scoring.scored_before(folder, journal, own) as proof:
        asyncio.run(scoring.score(own, journal, proof, tasks, _WANTED))


def test_the_same_seed_spoils_the_same_answers_in_the_same_way() -> None:
    """Whatever else is spoilt: what is scored once need not be scored again when a run is proved with fewer."""
    questions = [[_row(n)] for n in range(6)]
    first, again, other = (scoring.spoil(questions, seed) for seed in (1, 1, 2))
    assert first == again
    assert [task.answer for task in first] != [task.answer for task in other]
    assert {task.kind for task in first} <= {damage.name for damage in DAMAGES}
    assert len({task.kind for task in first}) > 3


def test_a_spoilt_answer_is_another_answer_to_the_same_case() -> None:
    """Under an id that tells the damage and the answer; the case is otherwise what it was."""
    tasks = scoring.spoil([[_row(n)] for n in range(4)], 0)
    for task in tasks:
        assert task.answer != task.row.reply
        assert task.case.id.startswith(f"{task.row.case.id}~{task.kind}~")
        assert task.case.model_copy(update={"id": task.row.case.id}) == task.row.case
    assert len({task.case.id for task in tasks}) == len(tasks)


def test_an_answer_that_is_spoilt_otherwise_has_another_id() -> None:
    """So that the score of one never stands for the other."""
    row = _row(1)
    ids = {scoring.SpoiltAnswer("swap", 0, row, Answer(response=text)).case.id for text in ("a", "b", "a")}
    assert len(ids) == 2


def test_a_failure_cannot_be_spoilt() -> None:
    """Nor does anything need another answer where there is only one; no answers at all spoil nothing."""
    lost = Row(1, Case(id="q1", user_input="?"), Failure(stage="target", reason="timeout", message=""), {})
    tasks = scoring.spoil([[lost], [_row(2)]], 0)
    assert {task.place for task in tasks} == {1}
    assert scoring.spoil([[lost]], 0) == []
    assert scoring.spoil([], 0) == []


def test_no_answer_takes_its_text_from_itself() -> None:
    """A swap among answers to one question would change nothing."""
    tasks = scoring.spoil([[_row(1), _row(1, "Another text, of 4 words.")]], 0)
    assert "swap" not in {task.kind for task in tasks}


def test_spoilt_answers_are_scored_once_and_kept_in_the_runs_folder(finished: RunFolder) -> None:
    """What has a score is missing no more, and an answer without the right passages scores nothing."""
    own = _own(finished)
    with finished.open_() as journal:
        tasks = scoring.spoil(_questions(journal), own.seed)
        with scoring.scored_before(finished, journal, own) as proof:
            assert all(scoring.missing(task, _WANTED, proof) == _WANTED for task in tasks)
        _score(finished, tasks, journal)
        with scoring.scored_before(finished, journal, own) as proof:
            assert not any(scoring.missing(task, _WANTED, proof) for task in tasks)
            assert scoring.missing(tasks[0], _WANTED | {"mrr"}, proof) == {"mrr"}
            assert scoring.failed(tasks, _WANTED, proof) == 0
            values = {task.kind: proof.values("recall@5").get(task.case.id) for task in tasks}
            population = scoring.population(journal.meta, _questions(journal), tasks, proof)
    assert 0.0 in values.values()
    assert (finished.path / "proof.db").is_file()
    spoilt = {kind: len(places) for kind, places in population.spoilt.items()}
    assert spoilt.keys() == {damage.name for damage in DAMAGES}
    assert max(spoilt.values()) == 5
    assert len(population.questions) == 5


def test_scores_of_another_measure_are_thrown_away(finished: RunFolder) -> None:
    """They would be held to be of this one."""
    own = _own(finished)
    with finished.open_() as journal:
        with scoring.scored_before(finished, journal, own) as proof:
            proof.record_reply(99, Case(id="old", user_input="?"), Answer(response="x"))
            other = proof.meta.origin.model_copy(update={"judge": {"kind": "another"}})
            proof.remember(origin=other)
        with scoring.scored_before(finished, journal, own) as proof:
            assert "old" not in proof.ids()
            assert proof.meta.origin.judge == journal.meta.origin.judge


def test_a_run_that_would_be_measured_otherwise_now_is_refused(finished: RunFolder) -> None:
    """Half of the scores by one version of a metric and half by another prove nothing."""
    with finished.open_() as journal:
        own = _own(finished).model_copy(
            update={"judge": samples.experiment(judge={"kind": "openai", "model": "m"}).judge}
        )
        with (
            pytest.raises(MismatchError, match=r"spoilt answers cannot be scored as the run was: .*Run it anew"),
            scoring.scored_before(finished, journal, own),
        ):
            pytest.fail("nothing is to be scored here")


def test_what_the_judge_failed_on_counts_and_what_was_meant_does_not(tmp_path: Path) -> None:
    """A spoilt answer without a text is a failure of the target, as it was to be."""
    row = _row(1)
    tasks = [scoring.SpoiltAnswer(kind, 0, row, Answer(response=kind)) for kind in ("a", "b", "c", "d")]
    outcomes: tuple[Outcome, ...] = (
        Failure(stage="judge", reason="timeout", message=""),
        Failure(stage="target", reason="no_text", message=""),
        Score(value=0.0),
        NotApplicable(reason="refused"),
    )
    given: samples.Rows = [
        (task.case, task.answer, {"m": outcome, "n": outcome}) for task, outcome in zip(tasks, outcomes, strict=True)
    ]
    with samples.journal(tmp_path / "journal.db", given, ("m", "n")) as proof:
        assert scoring.failed(tasks, frozenset({"m"}), proof) == 1
        assert scoring.failed(tasks, frozenset({"m", "n"}), proof) == 2
        lacks = [scoring.missing(task, frozenset({"m"}), proof) for task in tasks]
    assert lacks == [{"m"}, set(), set(), set()]


def test_a_repetition_that_cannot_be_spoilt_stays_as_it_was(tmp_path: Path) -> None:
    """The question is spoilt as far as it can be, and keeps what was not scored anew."""
    first, second = _row(1), _row(1)
    again = Row(1, second.case.model_copy(update={"id": "q1~2"}), second.reply, {"m": Score(value=0.7)})
    first = Row(0, first.case, first.reply, {"m": Score(value=1.0), "kept": Score(value=0.3)})
    task = scoring.SpoiltAnswer(DAMAGES[0].name, 0, first, Answer(response="spoilt"))
    given: samples.Rows = [(task.case, task.answer, {"m": Score(value=0.0)})]
    with samples.journal(tmp_path / "journal.db", given, ("m",)) as proof:
        population = scoring.population(RunMeta(origin=samples.origin()), [[first, again]], [task], proof)
    assert [dict(scored.outcomes) for scored in population.questions[0]] == [dict(first.outcomes), dict(again.outcomes)]
    spoilt = population.spoilt[DAMAGES[0].name][0]
    assert [dict(scored.outcomes) for scored in spoilt] == [
        {"m": Score(value=0.0), "kept": Score(value=0.3)},
        {"m": Score(value=0.7)},
    ]
    assert [kind for kind, places in population.spoilt.items() if places] == [DAMAGES[0].name]
