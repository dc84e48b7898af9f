"""The main job from beginning to end, without a judge and without a tracker."""

from pathlib import Path
from typing import Any

import pytest
from support.answering import answering
from support.replays import experiment
from support.runs import rows

from rag_eval import config, gates, pipeline
from rag_eval.errors import ConfigError, Interruption, MismatchError, UnreachableError, UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.plan import prepare
from rag_eval.runs import RunFolder

_GATE = "recall@5.mean >= 0.5"
_DROP = "recall@5.drop_vs(main) <= 0.05"


def _own(folder: Path, *, count: int = 6, **settings: Any) -> config.Experiment:
    fails = {f"case_{n}": "wrong" for n in range(settings.pop("wrong", 0))}
    return experiment(folder, *rows(count), **{"target": answering(**fails), **settings})


def _runs(folder: Path) -> list[Path]:
    return sorted((folder / "runs").glob("*-x*"))


def test_an_experiment_becomes_a_folder_with_everything_in_it(tmp_path: Path) -> None:
    """The experiment as it was run, the journal, and what is made from it; the summary is the one that is written."""
    finished = pipeline.run(_own(tmp_path, gates=[_GATE]))
    folder = RunFolder(finished.result.folder)
    assert _runs(tmp_path) == [folder.path]
    for made in (folder.experiment, folder.journal, folder.results, folder.summary, folder.markdown, folder.html):
        assert made.stat().st_size > 0
    summary = finished.result.summary
    assert (summary.cases, summary.finished, [gate.outcome for gate in summary.gates]) == (6, True, ["passed"])
    assert results.summary_of(folder) == summary
    assert (finished.link, finished.untracked) == (None, None)


def test_a_gate_that_fails_is_a_result_and_no_error(tmp_path: Path) -> None:
    """The exit code is for whoever called to make of it."""
    finished = pipeline.run(_own(tmp_path, wrong=6, gates=["answered >= 0.5", _GATE]))
    assert [gate.outcome for gate in finished.result.summary.gates] == ["passed", "failed"]


def test_without_gates_a_first_baseline_can_be_made(tmp_path: Path) -> None:
    """With them, a baseline that is not there yet is told before anybody is asked, and leaves no run behind."""
    own = _own(tmp_path, gates=[_DROP])
    with pytest.raises(MismatchError, match="no baseline is called 'main'"):
        pipeline.run(own)
    assert _runs(tmp_path) == []
    finished = pipeline.run(own, pipeline.Options(gates=False))
    assert finished.result.summary.gates == ()
    gates.keep(RunFolder(finished.result.folder), finished.result.summary, "main", tmp_path / "baselines")
    assert [gate.outcome for gate in pipeline.run(own).result.summary.gates] != ["failed"]


def test_a_run_may_stand_for_every_baseline(tmp_path: Path) -> None:
    """An experiment without gates has some then: what one version lost against the other."""
    own = _own(tmp_path, count=24)
    base = RunFolder(pipeline.run(own).result.folder)
    worse = _own(tmp_path, count=24, wrong=20)
    decided = pipeline.run(worse, pipeline.Options(against=base)).result.summary.gates
    assert decided
    assert "failed" in {gate.outcome for gate in decided}
    assert all(gate.against for gate in decided if "drop_vs" in gate.expression)


def test_only_the_first_cases_are_asked(tmp_path: Path) -> None:
    """And the run says so."""
    summary = pipeline.run(_own(tmp_path), pipeline.Options(limit=2)).result.summary
    assert (summary.cases, summary.planned, summary.limit_said) == (2, 2, "--limit 2 of 6")


def test_a_run_goes_on_where_it_ended(tmp_path: Path) -> None:
    """In the same folder; what was answered is not asked again."""
    with pytest.raises(UnreachableError, match="--resume"):
        pipeline.run(_own(tmp_path, target=answering(case_3="away")))
    (folder,) = map(RunFolder, _runs(tmp_path))
    again = _own(tmp_path, target=answering(case_3="away"))
    with pytest.raises(UnreachableError, match="3 cases are kept"):
        pipeline.run(again, pipeline.Options(resume=folder))
    assert len(_runs(tmp_path)) == 1
    assert not folder.html.exists()


def test_who_interrupts_a_run_keeps_what_was_done(tmp_path: Path) -> None:
    """And is told the command that goes on."""
    with pytest.raises(Interruption, match="rag-eval run --resume"):
        pipeline.run(_own(tmp_path, target=answering(case_2="interrupt")))
    (folder,) = map(RunFolder, _runs(tmp_path))
    assert results.summary_of(folder).cases == 2


def test_failures_are_tried_again_where_somebody_wants_that(tmp_path: Path) -> None:
    """They fail again here, and are counted once."""
    own = _own(tmp_path, target=answering(case_1="timeout"))
    folder = RunFolder(pipeline.run(own).result.folder)
    finished = pipeline.run(own, pipeline.Options(resume=folder, retry_errors=True))
    assert finished.result.summary.target_failures == {"timeout": 1}
    assert finished.result.folder == folder.path


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"gates": ["faithfulness.mean >= 1"]}, ConfigError, "faithfulness"),
        ({"dataset": "gone.jsonl"}, UsageError, "gone.jsonl"),
        ({"judge": {"kind": "custom", "use": "no.such:judge"}}, ConfigError, "no.such"),
        ({"matrix": {"target.concurrency": [1, 2]}}, ConfigError, "rag-eval sweep"),
    ],
)
def test_what_cannot_be_done_leaves_no_run_behind(
    tmp_path: Path, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    """It is told before anybody is asked."""
    with pytest.raises(error, match=message.replace(".", r"\.")):
        pipeline.run(_own(tmp_path, **settings))
    assert _runs(tmp_path) == []


def test_stopping_when_decided_needs_a_gate_that_can_be_decided(tmp_path: Path) -> None:
    """And is no rule at all unless somebody asks for it."""
    own = _own(tmp_path, gates=[_GATE])
    base = RunFolder(pipeline.run(own).result.folder)
    plan = prepare(own)
    assert pipeline.check(plan, pipeline.Options(against=base)) is None
    with pytest.raises(UsageError, match="none of the gates can be decided on the way"):
        pipeline.check(plan, pipeline.Options(against=base, stop=True))
    rule = pipeline.check(prepare(_own(tmp_path, gates=[_DROP])), pipeline.Options(against=base, stop=True))
    assert rule is not None
    assert rule.design.metrics == ("recall@5",)


@pytest.mark.slow
def test_asking_ends_when_the_gates_are_decided(tmp_path: Path) -> None:
    """A version that is clearly worse is not asked everything; the run says that it was stopped."""
    own = _own(tmp_path, count=240, gates=[_DROP])
    base = RunFolder(pipeline.run(own, pipeline.Options(gates=False)).result.folder)
    worse = _own(tmp_path, count=240, wrong=240, gates=[_DROP])
    summary = pipeline.run(worse, pipeline.Options(against=base, stop=True)).result.summary
    assert summary.stopped
    assert summary.cases < 240
    assert [gate.outcome for gate in summary.gates] == ["failed"]
