"""`rag-eval show`: a run is printed again from its journal, finished or not."""

import json
from pathlib import Path

import pytest
from support.history import Past, make
from typer.testing import CliRunner

from rag_eval.cli import app

_STRONG, _CUT = "20261123-091500-strong", "20261125-091500-cut"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("runs"), [Past(_STRONG, right=12), Past(_CUT, asked=7)])


def _show(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["show", *argv])
    return result.exit_code, result.stdout, result.stderr


def test_a_run_is_printed_with_its_means() -> None:
    """Also where nothing that was made of the journal is left."""
    for file in ("summary.json", "report.md", "report.html"):
        (Path("runs") / _STRONG / file).unlink()
    code, out, _ = _show("strong")
    assert code == 0
    assert "correctness" in out
    assert "0.600" in out


def test_an_unfinished_run_says_so() -> None:
    """Nobody takes a part for the whole."""
    code, out, _ = _show(_CUT)
    assert code == 0
    assert "unfinished, 7 of 20 scored" in out


def test_programs_get_the_summary_with_its_folder() -> None:
    """And nothing else on standard output."""
    code, out, _ = _show(_STRONG, "--json")
    record = json.loads(out)
    assert (code, record["run_id"], record["folder"]) == (0, _STRONG, f"runs/{_STRONG}")
    assert record["metrics"][0]["mean"] == 0.6


@pytest.mark.parametrize(("case", "value"), [("case-3", 1.0), ("case-15", 0.0)])
def test_one_case_is_shown_with_what_became_of_it(case: str, value: float) -> None:
    """For people and for programs."""
    code, out, _ = _show(_STRONG, "--case", case)
    assert code == 0
    assert f"Question {case.removeprefix('case-')}?" in out
    record = json.loads(_show(_STRONG, "--case", case, "--json")[1])
    assert record["case"]["id"] == case
    assert record["reply"]["response"] == "An answer."
    assert record["outcomes"]["correctness"]["value"] == value


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ((_STRONG, "--case", "case-99"), "no case 'case-99' has been asked in this run"),
        ((_CUT, "--case", "case-9"), "has no answer yet: the run is unfinished (7 of 20 cases)"),
        ((_STRONG, "--case", ""), "no case ''"),
        (("gone",), "gone"),
        ((_STRONG, "--runs", "elsewhere"), _STRONG),
    ],
)
def test_what_is_not_there_is_told_by_its_name(argv: tuple[str, ...], says: str) -> None:
    """With the code of a mistake, and nothing on standard output."""
    code, out, err = _show(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err


def test_the_former_name_of_the_folder_of_runs_still_counts() -> None:
    """And goes before the new one, as whoever gives it means it."""
    Path("runs").rename("elsewhere")
    assert _show(_STRONG, "--output", "elsewhere")[0] == 0
    assert _show(_STRONG, "--runs", "elsewhere")[0] == 0
    assert _show(_STRONG)[0] == 2
