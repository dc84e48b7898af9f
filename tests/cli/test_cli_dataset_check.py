"""`rag-eval dataset check`: output, exit codes, and what is left behind."""

import json
from pathlib import Path

import pytest
import yaml
from support import isles
from support.runs import replay
from typer.testing import CliRunner

from rag_eval.cli import app

PAGE = """# Pump

## Hire

The pump costs £40 a week. If the pump is lost, the hirer pays £300.

## Repair

To free the pump, turn the wheel to the left.
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(argv))
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def _set(name: str = "set") -> Path:
    isles.write_few(Path(name))
    return Path(name)


@pytest.mark.slow
def test_check_passes_and_fails_by_its_threshold() -> None:
    """0 for a clean set; 1 with findings over what is allowed; --fail-on and --allow move the line."""
    _set()
    code, out, _ = _invoke("dataset", "check", "set")
    assert code == 0
    assert "0 errors, 0 warnings, 0 notes" in out
    cases = isles.few()
    for at in (1, 2, 3):
        cases[at] = cases[at].model_copy(update={"reference": None})
    isles.write_few(Path("set"), cases)
    code, out, told = _invoke("dataset", "check", "set")
    assert code == 1
    assert "no-reference" in out
    assert "isle-001: has no reference" in out
    assert "3 findings count against it" in told
    assert _invoke("dataset", "check", "set", "--fail-on", "error")[0] == 0
    assert _invoke("dataset", "check", "set", "--allow", "3")[0] == 0
    assert _invoke("dataset", "check", "set", "--allow", "3%")[0] == 0
    assert _invoke("dataset", "check", "set", "--allow", "2%")[0] == 1
    assert _invoke("dataset", "check", "set", "--skip", "no-reference")[0] == 0
    assert _invoke("dataset", "check", "set", "--only", "leak")[0] == 0
    code, _, told = _invoke("dataset", "check", "set", "--allow", "some")
    assert code == 2
    assert "such as 2%" in told
    code, _, told = _invoke("dataset", "check", "set", "--only", "typos")
    assert code == 2
    assert "there are: contradiction" in told


@pytest.mark.slow
def test_check_as_json_is_one_document() -> None:
    """With findings, fixes and whether it passed."""
    cases = isles.few()
    cases.append(cases[0].model_copy(update={"id": "again"}))
    isles.write_few(Path("set"), cases)
    code, out, _ = _invoke("dataset", "check", "set", "--json")
    told = json.loads(out)
    assert (code, told["passed"], told["rows"]) == (1, False, isles.FEW + 1)
    assert [(one["check"], one["rows"]) for one in told["findings"]] == [("duplicate", ["isle-000", "again"])]
    code, out, _ = _invoke("dataset", "check", "set", "--fix", "--json")
    told = json.loads(out)
    assert (code, told["passed"], told["rows"], told["fixed"]) == (0, True, isles.FEW, {"duplicate": 1})
    code, out, _ = _invoke("dataset", "check", "set", "--fix")
    assert "nothing could be mended safely" in out


def test_check_against_a_corpus_that_has_changed() -> None:
    """The pages as they are now: a section that was edited, and one that went."""
    Path("docs").mkdir()
    Path("docs/pump.md").write_text(PAGE)
    rows = [
        {
            "id": "a",
            "question": "What is the weekly price?",
            "reference": "£40.",
            "reference_context_ids": ["pump#hire"],
        },
        {
            "id": "b",
            "question": "How to loosen a stuck wheel?",
            "reference": "Turn it to the left.",
            "reference_context_ids": ["pump#repair"],
        },
    ]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert _invoke("build-dataset", "rows.jsonl", "-o", "set", "--corpus", "docs")[0] == 0
    assert _invoke("dataset", "check", "set", "--corpus", "docs", "--skip", "too-few")[0] == 0
    Path("docs/pump.md").write_text(PAGE.replace("£40", "£45").replace("## Repair", "## Mending"))
    code, out, _ = _invoke("dataset", "check", "set", "--corpus", "docs", "--skip", "too-few")
    assert code == 1
    assert "a: the passage 'pump#hire' has changed: 'The pump costs £40" in out
    assert "b: no passage of the corpus has the id 'pump#repair'" in out


def test_check_reads_past_runs(tmp_path: Path) -> None:
    """Items that every run has solved are named; a run of other questions is refused."""
    rows = [
        {"id": f"c{n}", "question": f"What is the toll of bridge {n}?", "answer": f"The toll of bridge {n} is {n}.",
         "contexts": [f"The toll of bridge {n} is {n}."], "reference": f"The toll is {n}."}
        for n in range(4)
    ]  # fmt: skip
    for name in ("one", "two"):
        assert replay(tmp_path, name, rows, mlflow={"enabled": False}, metrics=["faithfulness"]).exit_code == 0
    assert _invoke("build-dataset", "questions.jsonl", "-o", "set")[0] == 0
    code, out, _ = _invoke("dataset", "check", "set", "--run", "one", "--run", "two", "--only", "saturated")
    assert code == 1
    assert "every metric is at 1.00 or above in all 2 runs" in out
    _set("other")
    code, _, told = _invoke("dataset", "check", "other", "--run", "one")
    assert code == 2
    assert "asked none of these questions" in told


def test_a_judge_that_is_away_is_no_failed_gate() -> None:
    """Exit code 3: the check could not finish."""
    isles.write(Path("set"), isles.cases()[:3])
    judge = {"judge": {"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1", "retries": 0}}
    Path("judge.yaml").write_text(yaml.safe_dump(judge))
    code, _, told = _invoke("dataset", "check", "set", "--judge", "judge.yaml")
    assert code == 3
    assert "the judge gave no verdict on 3 cases" in told
