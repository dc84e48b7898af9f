"""What a person or a script meets on the command line: output, messages and exit codes."""

import json
import re
from pathlib import Path

import pytest
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.runs import RunFolder


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(argv))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_build_dataset_names_every_bad_row_and_writes_nothing() -> None:
    """File, line, field, expected and found of each; exit code 2; no folder."""
    Path("bad.jsonl").write_text(
        '{"question": "Q?"}\n{"answer": "no question"}\n{"question": "R?", "tags": 5}\nnot json\n'
    )
    code, _, told = _invoke("build-dataset", "bad.jsonl", "-o", "made")
    assert code == 2
    for place in ("bad.jsonl:2: user_input", "bad.jsonl:3: tags", "bad.jsonl:4: the line"):
        assert place in told
    assert "3 problems" in told
    assert "--on-error quarantine" in told
    assert [path.name for path in Path().iterdir()] == ["bad.jsonl"]


def test_build_dataset_leaves_bad_rows_out_on_demand() -> None:
    """With quarantine the rest is written, and standard error says what was left out."""
    Path("bad.jsonl").write_text('{"question": "Q?"}\n{"answer": "no question"}\n')
    code, out, told = _invoke("build-dataset", "bad.jsonl", "-o", "made", "--on-error", "quarantine", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == 1
    assert "bad.jsonl:2" in told
    assert json.loads(Path("made/quarantine.jsonl").read_text())["field"] == "user_input"


def test_build_dataset_explains_a_bad_field_option() -> None:
    """An option without a path, and a field that does not exist, are usage errors with a hint."""
    Path("q.jsonl").write_text('{"q": "Q?"}\n')
    code, _, told = _invoke("build-dataset", "q.jsonl", "-o", "made", "--field", "user_input")
    assert code == 2
    assert "NAME=JMESPATH" in told
    code, _, told = _invoke("build-dataset", "q.jsonl", "-o", "made", "--field", "user_imput=q")
    assert code == 2
    assert "Did you mean user_input?" in told
    code, out, _ = _invoke("build-dataset", "q.jsonl", "-o", "made", "--field", "user_input=q")
    assert code == 0
    assert "1 cases" in out


def test_validate_says_what_each_metric_applies_to(tmp_path: Path) -> None:
    """Counts for each metric, and a remark on one that will apply to no case."""
    captured = [{key: value for key, value in row.items() if key != "reference"} for row in rows()]
    assert replay(tmp_path, "v", captured, mlflow={"enabled": False}, metrics=["faithfulness"]).exit_code == 0
    file = tmp_path / "v.yaml"
    file.write_text(file.read_text().replace("- faithfulness", "- faithfulness\n- context_recall"))
    code, out, told = _invoke("validate", str(file))
    assert code == 0
    assert f"faithfulness: the dataset has what it needs for {CASES} of {CASES}" in out
    assert "context_recall will apply to no case: the case has no reference" in told
    code, out, _ = _invoke("validate", str(file), "--json")
    assert json.loads(out)["applies"] == {"faithfulness": CASES, "context_recall": 0}


def test_a_run_that_cannot_start_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing environment variable, a bad row or a typing error is told of before there is a run folder."""
    monkeypatch.delenv("NOBODY_SET_THIS", raising=False)
    Path("q.jsonl").write_text('{"question": "Q?"}\n')
    target = "{kind: http, url: 'http://127.0.0.1:9/', auth: {kind: bearer, token_env: NOBODY_SET_THIS}}"
    Path("e.yaml").write_text(f"name: e\ndataset: q.jsonl\ntarget: {target}\n")
    code, _, told = _invoke("run", "e.yaml")
    assert code == 2
    assert "export NOBODY_SET_THIS=" in told
    Path("e.yaml").write_text("name: e\ndataset: q.jsonl\ntarget: {kind: replay}\nmetricks: [faithfulness]\n")
    code, _, told = _invoke("run", "e.yaml")
    assert code == 2
    assert "e.yaml:4: metricks: no such key. Did you mean metrics?" in told
    Path("q.jsonl").write_text('{"question": ""}\n')
    Path("e.yaml").write_text("name: e\ndataset: q.jsonl\ntarget: {kind: replay}\n")
    code, _, told = _invoke("run", "e.yaml")
    assert code == 2
    assert "q.jsonl:1: user_input" in told
    assert not (tmp_path / "runs").exists()


def test_show_prints_a_run_and_one_case(tmp_path: Path) -> None:
    """The table again, its JSON, and a case with the verdicts beneath its scores."""
    assert replay(tmp_path, "s", rows(wrong=1), mlflow={"enabled": False}).exit_code == 0
    run = str(only(tmp_path, "s"))
    code, out, _ = _invoke("show", run)
    assert code == 0
    assert "faithfulness" in out
    code, out, _ = _invoke("show", run, "--json")
    assert json.loads(out)["cases"] == CASES
    code, out, _ = _invoke("show", run, "--case", "case-5")
    assert code == 0
    assert re.search(r"✗ 0\.\d\d The ferry to island 5 costs 55 pounds\.", out)
    code, out, _ = _invoke("show", run, "--case", "case-5", "--json")
    assert json.loads(out)["outcomes"]["faithfulness"]["value"] < 0.5
    code, _, told = _invoke("show", run, "--case", "case-99")
    assert code == 2
    assert "case-99" in told


def test_a_case_that_is_still_due_is_told_as_such(tmp_path: Path) -> None:
    """That it has no answer yet, and how far the run is."""
    assert replay(tmp_path, "s", rows(), mlflow={"enabled": False}).exit_code == 0
    folder = only(tmp_path, "s")
    with RunFolder(folder).write() as journal:
        journal.remember(total=CASES + 1)
    code, _, told = _invoke("show", str(folder), "--case", "case-99")
    assert code == 2
    assert f"'case-99' has no answer yet: the run is unfinished ({CASES} of {CASES + 1} cases)" in told


def test_results_go_to_standard_output_and_the_rest_does_not(tmp_path: Path) -> None:
    """With --json standard output is one JSON document, whatever the progress says on standard error."""
    assert replay(tmp_path, "j", rows(), mlflow={"enabled": False}).exit_code == 0
    result = CliRunner().invoke(app, ["run", str(tmp_path / "j.yaml"), "--json", "-o", str(tmp_path / "other")])
    assert json.loads(result.stdout)["name"] == "j"
    assert f"{CASES}/{CASES} scored, 0 failed" in result.stderr


def test_a_limit_is_kept_by_a_resume(tmp_path: Path) -> None:
    """Only the first cases are asked, also when the run is taken up again."""
    assert replay(tmp_path, "l", rows(), mlflow={"enabled": False}).exit_code == 0
    runs = str(tmp_path / "limited")
    code, out, _ = _invoke("run", str(tmp_path / "l.yaml"), "--limit", "2", "-j", "1", "-o", runs, "--json", "-q")
    assert (code, json.loads(out)["cases"]) == (0, 2)
    code, out, _ = _invoke("run", "--resume", "latest", "-o", runs, "--json", "-q")
    assert (code, json.loads(out)["cases"]) == (0, 2)


def test_a_run_is_not_resumed_over_other_questions(tmp_path: Path) -> None:
    """A dataset that has changed since is refused, and the run stays as it was."""
    assert replay(tmp_path, "c", rows(), mlflow={"enabled": False}).exit_code == 0
    before = (only(tmp_path, "c") / "summary.json").read_text()
    (tmp_path / "questions.jsonl").write_text('{"question": "Something else?"}')
    code, _, told = _invoke("run", "--resume", str(only(tmp_path, "c")), "-q")
    assert code == 2
    assert "datasets differ" in told
    assert (only(tmp_path, "c") / "summary.json").read_text() == before


def test_options_that_do_not_go_together_are_told_apart() -> None:
    """--limit, --seed or an experiment beside --resume, and --retry-errors without it, are usage errors."""
    assert _invoke("run", "--retry-errors")[0] == 2
    code, _, told = _invoke("run", "--resume", "latest", "--limit", "2")
    assert code == 2
    assert "leave --limit out" in told


def test_version_and_no_arguments() -> None:
    """--version prints it; without arguments there is help."""
    code, out, _ = _invoke("--version")
    assert (code, out.startswith("rag-eval ")) == (0, True)
    assert "build-dataset" in CliRunner().invoke(app, []).output
