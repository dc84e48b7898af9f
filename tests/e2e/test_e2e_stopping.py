"""Asking no more than it takes to decide, through the CLI: what is saved, and what may be said of what was asked."""

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.journal import JournalWriter

CASES = 300


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    _write_questions()


def _write_questions() -> None:
    rows = [
        {"id": f"q{n}", "question": f"Q{n}?", "reference_context_ids": [f"p{n}"], "tags": ["must"] * (n >= CASES - 5)}
        for n in range(CASES)
    ]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    with contextlib.chdir(folder):
        _write_questions()
        assert call("run", version("good"), "-q").exit_code == 0
    return folder


@pytest.fixture
def _good(_made: Path, tmp_path: Path) -> None:
    """There is a run `good` of all questions."""
    shutil.copytree(_made, tmp_path, dirs_exist_ok=True)


def version(name: str, *, misses: int = 0, **more: Any) -> str:
    """An experiment over captured answers, of which every so-manieth has retrieved the wrong page."""
    answers = [
        {
            "id": f"q{n}", "question": f"Q{n}?", "response": "So.", "retrieved_contexts": ["It is so."],
            "retrieved_context_ids": ["other" if misses and n % misses == 0 else f"p{n}"],
        }
        for n in range(CASES)
    ]  # fmt: skip
    Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, answers)))
    fields = {
        "name": name,
        "dataset": "questions.jsonl",
        "target": {"kind": "replay", "path": f"{name}.jsonl"},
        "metrics": ["hit@5", "mrr"],
        "mlflow": {"enabled": False},
        **more,
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(fields))
    return f"{name}.yaml"


def call(*arguments: str) -> Result:
    """A command."""
    return CliRunner().invoke(app, [*arguments])


def read(result: Result) -> dict[str, Any]:
    """What a command printed as JSON."""
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def summary(name: str) -> dict[str, Any]:
    """A run at a glance."""
    return read(call("show", name, "--json"))


def by_name(printed: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics of a run or a comparison."""
    return {metric["name"]: metric for metric in printed["metrics"]}


@pytest.mark.slow
def test_a_job_stops_as_soon_as_a_gate_surely_fails() -> None:
    """Both versions have been asked the same, with what is required; what was saved is said, and the runs say so."""
    gates = ["hit@5.drop_vs <= 0.05", "mrr.mean >= 0.1", "required: tag:must hit@5 >= 0.5"]
    result = call("ci", version("good"), version("bad", misses=3, gates=gates), "--stop-when-decided", "-q")
    assert result.exit_code == 1, result.output
    base, head = summary("good-base"), summary("bad-head")
    assert (base["cases"], base["sequential"]) == (head["cases"], head["sequential"])
    after = head["sequential"]["after"]
    assert 10 <= after <= head["cases"] < 200
    assert f"decided after {after} of 300 questions: {300 - head['cases']} were not asked" in result.output
    outcomes = {gate["expression"]: gate["outcome"] for gate in head["gates"]}
    assert [*outcomes.values()] == ["failed", "undecided", "failed"]
    sentences = [gate["sentence"] for gate in head["gates"]]
    assert "by a confidence sequence" in sentences[0]
    assert f"asking was stopped when decided, {head['cases']} of 300 asked" in sentences[1]
    assert "4 of 5 cases" in sentences[2], "required ones were asked first, all of them"
    assert f"stopped when decided, {head['cases']} of 300 asked" in call("show", "bad-head").output
    assert not head["finished"]
    assert {metric["interval"] for metric in head["metrics"]} == {None}, "none that a look on the way would belie"
    kept = call("baseline", "set", "bad-head", "main")
    assert kept.exit_code == 2
    assert "stopped when decided" in kept.output


@pytest.mark.slow
def test_a_comparison_of_what_was_stopped_allows_for_the_looks() -> None:
    """Only what decided has an interval, which allows for every look; of the others there are means."""
    version("good")
    version("bad", misses=3, gates=["hit@5.drop_vs <= 0.05"])
    call("ci", "good.yaml", "bad.yaml", "--stop-when-decided", "-q")
    printed = read(call("compare", "good-base", "bad-head", "--json"))
    metrics, after = by_name(printed), summary("bad-head")["sequential"]["after"]
    hit, mrr = metrics["hit@5"], metrics["mrr"]
    assert (hit["pairs"], hit["interval"]["method"], hit["verdict"]) == (after, "confidence sequence", "worse")
    assert hit["interval"]["low"] < hit["difference"] < hit["interval"]["high"] < 0
    assert (mrr["interval"], mrr["verdict"], mrr["p_value"]) == (None, "unclear", None)
    assert mrr["difference"] == pytest.approx(hit["difference"])
    assert f"after {after} of 300 questions in a random order" in printed["stopped"]
    assert printed["stopped"].split(",")[0] in call("compare", "good-base", "bad-head").output
    gated = read(call("gate", "bad-head", "--against", "good-base", "--json"))
    assert gated["gates"] == summary("bad-head")["gates"]


@pytest.mark.slow
def test_a_job_stops_when_all_gates_surely_pass() -> None:
    """Not where another gate needs every question: then it asks them all, and the sequence still decides its own."""
    version("good")
    gates = ["hit@5.drop_vs <= 0.1"]
    result = call("ci", "good.yaml", version("same", gates=gates), "--stop-when-decided", "-q")
    assert result.exit_code == 0, result.output
    assert summary("same-head")["cases"] < 200
    more = version("more", gates=[*gates, "mrr.mean >= 0.5"])
    result = call("ci", "good.yaml", more, "--stop-when-decided", "-q")
    assert result.exit_code == 0, result.output
    head = summary("more-head")
    assert (head["cases"], head["finished"], head["sequential"]["after"]) == (CASES, True, None)
    assert "not decided before the end: all 300 questions were asked" in result.output
    assert "by a confidence sequence" in head["gates"][0]["sentence"]


@pytest.mark.slow
def test_what_stays_open_costs_every_question() -> None:
    """And is undecided in the end too: an interval that was looked at all along does not turn into another."""
    result = call(
        "ci", version("good"), version("near", misses=25, gates=["hit@5.drop_vs <= 0.05"]), "--stop-when-decided"
    )
    assert result.exit_code == 4, result.output
    assert summary("near-head")["cases"] == CASES


@pytest.mark.slow
@pytest.mark.usefixtures("_good")
def test_one_run_stops_against_another() -> None:
    """`run --against`: the kept run is asked nothing; without gates, what stands in for them decides."""
    bad = version("bad", misses=2, primary="hit@5")
    result = call("run", bad, "--against", "good", "--stop-when-decided", "-q")
    assert result.exit_code == 1, result.output
    printed = summary("bad")
    assert "decided after" in result.output
    assert printed["cases"] < 200
    assert [gate["expression"] for gate in printed["gates"]] == [
        "answered.drop_vs(base) <= 0.02", "hit@5.drop_vs(base) <= 0.03",
    ]  # fmt: skip
    resumed = call("run", "--resume", "bad", "--no-gates", "-q")
    assert resumed.exit_code == 0, resumed.output
    assert summary("bad")["finished"]


@pytest.mark.slow
@pytest.mark.usefixtures("_good")
def test_a_killed_run_that_was_to_stop_is_unfinished() -> None:
    """It is not taken for one that was decided."""
    bad = version("bad", misses=2, gates=["hit@5.drop_vs <= 0.05"])
    assert call("run", bad, "--against", "good", "--stop-when-decided", "-q").exit_code == 1
    with JournalWriter.open_(runs.find("bad").journal) as journal:
        design = journal.meta.sequential
        assert design is not None
        journal.remember(sequential=design.model_copy(update={"after": None}))  # as it stands until it is decided
    assert summary("bad")["cases"] < CASES
    assert "is unfinished" in call("compare", "good", "bad").output
    gated = call("gate", "bad", "--against", "good")
    assert gated.exit_code == 1
    assert "the run is unfinished" in gated.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--stop-when-decided"], "Add: --against NAME"),
        (["--stop-when-decided", "--against", "good", "--gate", "mrr.mean >= 0.5"], "can be decided on the way"),
        (["--no-gates", "--against", "good"], "contradict each other"),
    ],
)
@pytest.mark.usefixtures("_good")
def test_what_can_never_stop_is_refused(arguments: list[str], problem: str) -> None:
    """Before anything is asked."""
    result = call("run", version("bad"), *arguments)
    assert result.exit_code == 2, result.output
    assert problem in result.output


def test_turns_of_a_conversation_are_not_shuffled() -> None:
    """Nor does it make sense to repeat questions."""
    for more in ({"conversation": "metadata.talk"}, {"repeats": 2}):
        target = {"kind": "http", "url": "http://127.0.0.1:9/ask", **more}
        path = version("talk", target=target)
        result = call("ci", path, "--head", "http://127.0.0.1:10", "--stop-when-decided")
        assert result.exit_code == 2, result.output
        assert "no target.repeats, no conversation" in result.output
