"""What a replay plays: found, read and matched with the cases before anything is asked."""

from pathlib import Path
from typing import Any

import pytest
from support.history import Past, make
from support.replays import experiment, write_rows
from support.runs import rows

from rag_eval import config
from rag_eval.errors import UsageError
from rag_eval.evaluation.replay_input import notes, open_replay, resolve_paths
from rag_eval.evaluation.survey import Survey
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.targets.replay.report import ReplayReport, TraceSkips


def _report(own: config.Experiment, limit: int | None = None) -> ReplayReport:
    with open_replay(own, limit) as played:
        assert played is not None
        return played.report


def _replaying(folder: Path, path: Path, **target: Any) -> config.Experiment:
    questions = [{k: v for k, v in row.items() if not k.startswith(("response", "retrieved"))} for row in rows()]
    return experiment(folder, *questions, target={"kind": "replay", "path": str(path), **target})


def test_a_target_that_is_asked_plays_nothing(tmp_path: Path) -> None:
    """There is nothing to be read then."""
    with open_replay(experiment(tmp_path, target={"kind": "http", "url": "http://127.0.0.1:9/"}), None) as played:
        assert played is None


def test_answers_may_stand_beside_their_questions_or_elsewhere(tmp_path: Path) -> None:
    """Both are matched by their ids; how, and out of which file, is told."""
    own = _report(experiment(tmp_path))
    assert (own.kind, own.captured, own.matched, own.missing) == ("rows", 6, {"id": 6}, 0)
    write_rows(tmp_path / "elsewhere.jsonl", rows()[1:])
    other = _report(_replaying(tmp_path, tmp_path / "elsewhere.jsonl"))
    assert (other.captured, other.matched, other.missing) == (5, {"id": 5}, 1)
    assert other.path == str(tmp_path / "elsewhere.jsonl")


def test_of_the_first_cases_only_nothing_is_said_of_answers_to_others(tmp_path: Path) -> None:
    """They belong to cases that are not asked, which is no news."""
    assert _report(experiment(tmp_path)).unmatched == 0
    part = _report(experiment(tmp_path), 2)
    assert (part.cases, part.unmatched) == (2, None)
    assert not [remark for remark in part.remarks if "belong to no case" in remark]


def test_answers_that_belong_to_no_case_are_counted(tmp_path: Path) -> None:
    """They are not played, and somebody may wonder why."""
    write_rows(tmp_path / "more.jsonl", rows(8))
    report = _report(_replaying(tmp_path, tmp_path / "more.jsonl"))
    assert report.unmatched == 2
    assert "2 of 8 captured answers belong to no case and are not played" in report.remarks


@pytest.mark.parametrize(("pick", "ambiguous", "picked"), [(None, 1, 0), ("first", 0, 1), ("latest", 0, 1)])
def test_of_several_answers_to_a_case_none_is_taken_unless_it_is_said_which(
    tmp_path: Path, pick: str | None, ambiguous: int, picked: int
) -> None:
    """And either is told."""
    others = [{**row, "id": f"other-{n}"} for n, row in enumerate(rows())]
    twice = [*others, {**others[0], "id": "another", "response": "Another."}]
    write_rows(tmp_path / "twice.jsonl", twice)
    target = {} if pick is None else {"pick": pick}
    report = _report(_replaying(tmp_path, tmp_path / "twice.jsonl", **target))
    assert (report.ambiguous, report.picked) == (ambiguous, picked)
    assert len(report.remarks) >= 1


def test_the_answers_of_a_run_can_be_played_again(tmp_path: Path) -> None:
    """Its folder is what the experiment holds from then on: `latest` would be another one when it is resumed."""
    make(tmp_path / "runs", [Past("20261122-091500-weak"), Past("20261123-091500-strong")])
    cases = [{"id": f"case-{n}", "user_input": f"Question {n}?", "reference": "An answer."} for n in range(20)]
    own = experiment(tmp_path, *cases, target={"kind": "replay", "path": "latest", "format": "run"})
    report = _report(own)
    assert (report.kind, report.captured, sum(report.matched.values())) == ("run", 20, 20)
    resolved = resolve_paths(own).target
    assert isinstance(resolved, ReplayConfig)
    assert resolved.path == str(tmp_path / "runs" / "20261123-091500-strong")
    assert resolve_paths(own).model_copy(update={"target": own.target}) == own


def test_what_needs_no_resolving_stays_as_it_is_written(tmp_path: Path) -> None:
    """A path with a variable in it as well: secrets do not get into a run's folder."""
    own = experiment(tmp_path)
    assert resolve_paths(own) == own
    write_rows(tmp_path / "a.jsonl", rows())
    live = experiment(tmp_path, target={"kind": "http", "url": "http://127.0.0.1:9/"})
    assert resolve_paths(live) is live


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match=r"gone\.jsonl"), open_replay(_replaying(tmp_path, tmp_path / "gone.jsonl"), 1):
        pytest.fail("there is nothing to play")


def test_a_corpus_that_is_named_brings_texts_and_a_wrong_one_is_told_at_once(tmp_path: Path) -> None:
    """Contexts of which only ids were captured get their texts from it."""
    bare = [{k: v for k, v in row.items() if k != "retrieved_contexts"} for row in rows()]
    write_rows(tmp_path / "bare.jsonl", bare)
    passages = [{"id": key, "text": f"Text of {key}."} for key in ("dogs", *(f"ferry#{n}" for n in range(6)))]
    corpus = write_rows(tmp_path / "corpus.jsonl", passages)
    report = _report(_replaying(tmp_path, tmp_path / "bare.jsonl", corpus=corpus))
    assert (report.joined, report.unresolved) == (6, 0)
    part = write_rows(tmp_path / "part.jsonl", passages[1:])
    assert _report(_replaying(tmp_path, tmp_path / "bare.jsonl", corpus=part)).unknown_ids.keys() == {"dogs"}
    with pytest.raises(UsageError, match="nowhere"):
        _report(_replaying(tmp_path, tmp_path / "bare.jsonl", corpus=str(tmp_path / "nowhere")))


def test_what_is_said_before_the_first_question_is_said_once(tmp_path: Path) -> None:
    """Where questions and answers are out of the same traces both skip the same ones."""
    skips = TraceSkips(skipped={"no_question": 2}, first={"no_question": "t-1"})
    survey = Survey(1, "f", skips, rows=("odd rows",))
    played = _report(experiment(tmp_path)).model_copy(update={"skips": skips, "rows": ("odd answers",)})
    lines = notes(survey, played)
    assert lines[0] == "odd rows"
    assert len(lines) == len({*lines})
    assert sum("2 traces hold no exchange" in line for line in lines) == 1
    assert "odd answers" in lines
    assert notes(Survey(1, "f"), None) == ()
