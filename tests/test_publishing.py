"""What is written of a comparison."""

import json
from pathlib import Path

import pytest
from support.pages import Parsed, unpacked
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner

from rag_eval import gates, publishing, runs
from rag_eval.cli import app
from rag_eval.errors import UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.comparison import compare_folders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, of which the second has two wrong answers."""
    made = tmp_path_factory.mktemp("runs")
    said = {"mlflow": {"enabled": False}, "metrics": ["correctness", "faithfulness", "recall@5", "latency"]}
    assert replay(made, "right", rows(40), **said).exit_code == 0
    assert replay(made, "wrong", rows(40, wrong=12), **said).exit_code == 0
    return made


def _compared(folder: Path) -> publishing.ComparedRuns:
    a, b = (runs.RunFolder(only(folder, name)) for name in ("right", "wrong"))
    return publishing.ComparedRuns(a, b, compare_folders(a, b), "rag-eval compare right wrong")


@pytest.mark.slow
def test_a_page_markdown_and_json_of_one_comparison(folder: Path, tmp_path: Path) -> None:
    """The same verdict in all three, the Markdown short enough for a pull request; written again, they are the same."""
    compared = _compared(folder)
    written = compared.write(tmp_path)
    assert written.path.name == f"{compared.a.id}--{compared.b.id}"
    verdict = compared.comparison.sentences[0]
    assert verdict in Parsed(written.html.read_text()).text
    assert json.loads(written.json.read_text())["sentences"][0] == verdict
    markdown = written.markdown.read_text()
    assert len(markdown.splitlines()) <= 40
    assert "wrong against right" in markdown
    before = {path.name: path.read_bytes() for path in written.path.iterdir()}
    compared.write(tmp_path)
    assert {path.name: path.read_bytes() for path in written.path.iterdir()} == before
    assert set(before) == {"compare.html", "compare.md", "compare.json"}


def test_the_page_says_what_was_changed_and_what_was_held_equal(folder: Path) -> None:
    """Settings that differ, and no others."""
    page = Parsed(_compared(folder).page())
    assert "target.path" in page.text
    assert "target.kind" not in page.text
    assert "Held equal: the questions (fingerprint" in page.text
    assert "Again: rag-eval compare right wrong" in page.text


def test_slices_of_several_metrics_stand_in_the_page(folder: Path) -> None:
    """By tag, each with its difference, its interval and its questions."""
    page = Parsed(_compared(folder).page())
    assert "Δ correctness Δ faithfulness" in page.text
    assert "even 20" in page.text


def test_a_baseline_is_compared_without_its_answers(folder: Path, tmp_path: Path) -> None:
    """The other side has its own."""
    b = runs.RunFolder(only(folder, "wrong"))
    kept = gates.keep(
        runs.RunFolder(only(folder, "right")),
        results.summary_of(runs.RunFolder(only(folder, "right"))),
        "main",
        tmp_path,
    )
    page = publishing.ComparedRuns(kept, b, compare_folders(kept, b), "rag-eval compare main wrong").page()
    index, bodies = unpacked(page, "index"), unpacked(page, "bodies")
    assert len(index["ids"]) == len(bodies) == 40
    assert all(body[2][0] is None and body[2][1] is not None for body in bodies)
    assert all(isinstance(score, float) for score in index["scores"][0][0])


def test_a_folder_that_cannot_be_written_is_told(folder: Path, tmp_path: Path) -> None:
    """By the command as a remark: what was found stands all the same."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(UsageError, match=r"blocked.*: cannot be written"):
        _compared(folder).write(blocked)
    names = [str(only(folder, name)) for name in ("right", "wrong")]
    result = CliRunner().invoke(app, ["compare", *names, "--comparisons", str(blocked)])
    assert result.exit_code == 0
    assert "--comparisons DIR" in result.stderr
    assert "page " not in result.stdout


def test_compare_prints_the_page_before_the_tracker(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And names it for programs; several runs have a page each."""
    monkeypatch.chdir(tmp_path)
    right, wrong = (str(only(folder, name)) for name in ("right", "wrong"))
    result = CliRunner().invoke(app, ["compare", right, wrong, "--json"])
    page = Path(json.loads(result.stdout)["page"])
    assert page.parts[0] == "comparisons"
    assert page.is_file()
    assert len(unpacked(page.read_text(), "index")["ids"]) == 40 != CASES
