"""What is made from a journal, and can be made again at any time."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.gated import LOST, UNJUDGED
from support.history import Past, make

from rag_eval import configfile, gates
from rag_eval.errors import MismatchError
from rag_eval.evaluation import results
from rag_eval.journal import JournalWriter
from rag_eval.records import Answer, Case, NotApplicable, Outcome, Score, SequentialDesign, Summary, Usage
from rag_eval.runs import RunFolder

_STRONG, _WEAK = "20261123-091500-strong", "20261122-091500-weak"
_GATE = "correctness.drop_vs(main) <= 0.05"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A strong run, a weak one, and one that was cut short; nothing is changed in them."""
    root = tmp_path_factory.mktemp("history") / "runs"
    make(root, [Past(_WEAK, right=8), Past(_STRONG, right=20), Past("20261124-091500-cut", asked=7)])
    return root


def _journal(folder: Path, rows: list[Mapping[str, Outcome]], **meta: str) -> JournalWriter:
    cases = [(Case(id=f"q{n}", user_input="?", answerable=n < 2), Answer(), row) for n, row in enumerate(rows)]
    return samples.journal(folder / "journal.db", cases, ("m", "refused"), **meta)


def _summary(folder: Path, rows: list[Mapping[str, Outcome]], **meta: str) -> Summary:
    listed = json.dumps([{"name": "m"}, {"name": "refused", "hidden": True}])
    with _journal(folder, rows, metrics=listed, **meta) as journal:
        return results.summarise("run", journal, samples.experiment())


def test_a_run_adds_up(tmp_path: Path) -> None:
    """Each case once, whatever became of it; what is hidden is no row."""
    rows: list[Mapping[str, Outcome]] = [
        {"m": Score(value=1.0), "refused": Score(value=0.0)},
        {"m": UNJUDGED, "refused": Score(value=0.0)},
        {"m": NotApplicable(reason="refused"), "refused": Score(value=1.0)},
    ]
    summary = _summary(tmp_path, rows)
    (metric,) = summary.metrics
    assert (metric.n, metric.failed, metric.not_applicable, metric.mean) == (1, 1, 1, 1.0)
    assert (summary.cases, summary.planned, summary.scored, summary.finished) == (3, 3, 3, True)
    assert (summary.answered, summary.target_failures) == (3, {})


def test_refusals_are_counted_by_whether_there_was_an_answer_to_give(tmp_path: Path) -> None:
    """Over the answers that were looked at; a run of which none was has no such counts, and not four zeros."""
    refused = (0.0, 1.0, 1.0, 1.0, 0.0)
    counts = _summary(tmp_path, [{"refused": Score(value=value)} for value in refused]).refusals
    assert counts is not None
    assert (counts.answerable, counts.answerable_refused) == (2, 1)
    assert (counts.unanswerable, counts.unanswerable_refused) == (3, 2)
    (tmp_path / "none").mkdir()
    assert _summary(tmp_path / "none", [{"m": Score(value=1.0)}]).refusals is None


def test_a_run_that_lacks_an_outcome_is_not_finished(tmp_path: Path) -> None:
    """However many cases were answered."""
    summary = _summary(tmp_path, [{"m": Score(value=1.0), "refused": Score(value=0.0)}, {"m": Score(value=1.0)}])
    assert (summary.cases, summary.scored, summary.finished) == (2, 1, False)


def test_a_run_that_was_stopped_when_decided_has_means_without_intervals(tmp_path: Path) -> None:
    """Those of a sample that was stopped hold for nothing; one that went on to the end keeps them."""
    rows: list[Mapping[str, Outcome]] = [{"m": Score(value=n % 2), "refused": Score(value=0.0)} for n in range(30)]
    stopped = SequentialDesign(seed=0, metrics=("m",), after=30).model_dump_json()
    summaries = {}
    for name, total in (("whole", "30"), ("part", "60")):
        (tmp_path / name).mkdir()
        summaries[name] = _summary(tmp_path / name, rows, total=total, sequential=stopped)
    assert (summaries["part"].stopped, summaries["whole"].stopped) == (True, False)
    assert summaries["whole"].metrics[0].interval is not None
    assert summaries["part"].metrics[0].interval is None
    assert summaries["part"].metrics[0].mean == summaries["whole"].metrics[0].mean


@pytest.mark.parametrize(
    ("judge", "cost"),
    [
        ({"kind": "openai", "model": "m"}, None),
        ({"kind": "openai", "model": "m", "prices": {"prompt": 2.0, "completion": 8.0}}, 0.02 + 0.04),
        ({"kind": "openai", "model": "m", "prices": {"prompt": 0, "completion": 0}}, 0.0),
        ({"kind": "embedded"}, None),
    ],
)
def test_what_was_spent_is_money_only_where_prices_are_known(judge: dict[str, Any], cost: float | None) -> None:
    """Tokens are told either way; nothing is called free that nobody knows the price of."""
    experiment = samples.experiment(judge=judge)
    usage = results.priced(Usage(calls=3, prompt_tokens=10_000, completion_tokens=5_000), experiment)
    assert (usage.calls, usage.prompt_tokens) == (3, 10_000)
    assert usage.cost_usd == (None if cost is None else pytest.approx(cost))


def test_a_run_can_be_made_again_from_its_journal(root: Path, tmp_path: Path) -> None:
    """Byte for byte what it was, also where nothing but the journal is left."""
    folder = RunFolder(tmp_path / _STRONG)
    shutil.copytree(root / _STRONG, folder.path)
    before = json.loads(folder.summary.read_text())
    for made in (folder.summary, folder.results, folder.evidence, folder.html, folder.markdown):
        made.unlink(missing_ok=True)
    result = results.rebuild(folder)
    assert json.loads(folder.summary.read_text()) == {**before, "seconds": result.summary.seconds}
    for made in (folder.results, folder.evidence, folder.html, folder.markdown):
        assert made.stat().st_size > 0
    assert result.folder == folder.path


def test_a_case_is_told_with_its_outcomes_in_the_order_of_the_metrics(root: Path) -> None:
    """And one that was not asked is told apart from one that was not asked yet."""
    row = results.case_of(RunFolder(root / _STRONG), "case-3")
    assert (row.case.id, row.outcomes) == ("case-3", {"correctness": Score(value=1.0)})
    with pytest.raises(MismatchError) as gone:
        results.case_of(RunFolder(root / _STRONG), "case-99")
    assert str(gone.value) == f"{_STRONG}: no case 'case-99' has been asked in this run"
    with pytest.raises(MismatchError) as open_:
        results.case_of(RunFolder(root / "20261124-091500-cut"), "case-9")
    assert str(open_.value).endswith("'case-9' has no answer yet: the run is unfinished (7 of 20 cases)")


def _gate(root: Path, run: str, against: str | None, *texts: str) -> list[str]:
    demanded = [gates.parse(text) for text in texts]
    stand_in = None if against is None else RunFolder(root / against)
    decided = results.gate(RunFolder(root / run), demanded, against=stand_in, root=root.parent / "none")
    return [part.outcome for part in decided]


def test_a_run_is_held_to_another(root: Path) -> None:
    """Which stands for every baseline that the gates name; the order of the two matters."""
    assert _gate(root, _STRONG, _WEAK, _GATE, "correctness.mean >= 0.5") == ["passed", "passed"]
    assert _gate(root, _WEAK, _STRONG, _GATE, "correctness.drop_vs(other) <= 0.05") == ["failed", "failed"]
    assert _gate(root, _STRONG, None, "correctness.mean >= 0.5") == ["passed"]


def test_a_gate_against_a_baseline_that_is_not_there_is_refused(root: Path) -> None:
    """It does not pass for want of something to lose to."""
    with pytest.raises(MismatchError, match="no baseline is called 'main'"):
        _gate(root, _STRONG, None, _GATE)


def test_what_is_named_is_a_baseline_first_and_then_a_run(root: Path, tmp_path: Path) -> None:
    """A run of the same name does not hide a baseline; what is neither is told with what there is."""
    baselines = tmp_path / "baselines"
    folder = RunFolder(root / _STRONG)
    gates.keep(folder, results.summary_of(folder), "weak", baselines)
    assert results.locate("weak", root, baselines).path == baselines / "weak"
    assert results.locate("strong", root, baselines).path == folder.path
    assert results.locate(str(baselines / "weak"), root, tmp_path / "none").path == baselines / "weak"
    with pytest.raises(MismatchError, match=r"Of baselines there are weak$"):
        results.locate("gone", root, baselines)
    with pytest.raises(MismatchError, match=r"Of baselines there are none in .*/none/$"):
        results.locate("gone", root, tmp_path / "none")


def test_where_scores_come_from_is_known_of_runs_and_of_baselines(root: Path, tmp_path: Path) -> None:
    """And how they were limited."""
    folder = RunFolder(root / _STRONG)
    kept = gates.keep(folder, results.summary_of(folder), "main", tmp_path)
    assert results.measured_as(kept) == results.measured_as(folder)
    assert results.measured_as(folder)[1] == ""
    (limited,) = make(tmp_path / "runs", [Past("20261124-091500-few", asked=5, limit=5)])
    assert results.measured_as(limited)[1] == "--limit 5 of 40"
    assert (results.limit_of(limited), results.limit_of(folder)) == (5, None)


def _written(folder: RunFolder, demanded: tuple[gates.Gate, ...], against: RunFolder | None = None) -> Summary:
    with folder.write() as journal:
        return results.write_reports(folder, journal, demanded, against).summary


def test_what_became_of_gates_is_kept_with_the_run(tmp_path: Path) -> None:
    """In the journal, in the summary and on the page."""
    weak, strong = make(tmp_path / "runs", [Past(_WEAK, right=8), Past(_STRONG, right=20)])
    summary = _written(weak, (gates.parse(_GATE),), strong)
    assert [gate.outcome for gate in summary.gates] == ["failed"]
    assert results.summary_of(weak).gates == summary.gates
    assert Summary.model_validate_json(weak.summary.read_text()).gates == summary.gates
    assert "drop_vs(main)" in weak.html.read_text()


def test_a_gate_that_cannot_be_decided_leaves_the_reports_behind(tmp_path: Path) -> None:
    """The run has been paid for; only the gate is missing."""
    (folder,) = make(tmp_path / "runs", [Past(_WEAK, right=8)])
    folder.html.unlink()
    with pytest.raises(MismatchError, match="no baseline is called 'main'"):
        _written(folder, (gates.parse(_GATE),))
    assert folder.html.stat().st_size > 0
    assert results.summary_of(folder).gates == ()


def test_a_failure_of_the_target_is_counted_by_its_reason(tmp_path: Path) -> None:
    """It is asked, and not answered."""
    rows: samples.Rows = [
        (Case(id="a", user_input="?"), Answer(), {"m": Score(value=1.0)}),
        (Case(id="b", user_input="?"), LOST, {"m": LOST}),
    ]
    with samples.journal(tmp_path / "journal.db", rows, ("m",)) as journal:
        summary = results.summarise("run", journal, samples.experiment())
    assert (summary.cases, summary.answered, summary.target_failures) == (2, 1, {"timeout": 1})
    assert summary.metrics[0].failures == {"timeout": 1}


def test_the_settings_of_a_run_are_told_flat(root: Path) -> None:
    """As a tracker takes them, each under a dotted name."""
    params = configfile.flatten(configfile.load(RunFolder(root / _STRONG).experiment))
    assert params["target.kind"] == "replay"
    assert not any(isinstance(value, dict) and value for value in params.values())
