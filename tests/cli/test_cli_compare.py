"""`rag-eval compare`: what is held against what, how it can be made again, and where it is written."""

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.history import Past, make
from typer.testing import CliRunner

from rag_eval.cli import app, compare
from rag_eval.errors import UsageError

_STRONG, _WEAK, _CUT = "20261123-091500-strong", "20261122-091500-weak", "20261125-091500-cut"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A strong run, a weak one, and one that was cut short."""
    root = tmp_path_factory.mktemp("template") / "runs"
    make(root, [Past(_WEAK, right=6), Past(_STRONG, right=20), Past(_CUT, asked=7)], mlflow={"enabled": False})
    return root


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, "runs")


def _compare(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["compare", *argv])
    return result.exit_code, result.stdout, result.stderr


def _options(**changes: Any) -> compare.CompareOptions:
    given: dict[str, Any] = {
        "a": "weak", "others": ("strong",), "force": False, "partial": False, "seed": 0, "gates": (),
        "runs": Path("runs"), "baselines": Path("baselines"),
    }  # fmt: skip
    return compare.CompareOptions(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "rag-eval compare weak"),
        ({"force": True, "partial": True}, "rag-eval compare --force --partial weak"),
        ({"seed": 7}, "rag-eval compare --seed 7 weak"),
        ({"a": "a run's"}, """rag-eval compare 'a run'"'"'s'"""),
        (
            {"gates": ("mrr.mean >= 0.5", "answered >= 1")},
            "rag-eval compare --gate 'mrr.mean >= 0.5' --gate 'answered >= 1' weak",
        ),
        ({"runs": Path("old runs")}, "rag-eval compare --runs 'old runs' weak"),
        ({"baselines": Path("kept")}, "rag-eval compare --baselines kept weak"),
    ],
)
def test_what_is_printed_makes_the_comparison_again(changes: dict[str, Any], command: str) -> None:
    """All that would make another one of it is in it, quoted for a shell; what is usual is left out."""
    words = compare._command(_options(**changes))
    assert shlex.join(words) == command
    assert shlex.split(command) == words


def test_the_command_on_a_page_can_be_run() -> None:
    """Wherever the runs are."""
    Path("runs").rename("elsewhere")
    assert _compare("weak", "strong", "--runs", "elsewhere", "--comparisons", "c")[0] == 0
    (page,) = Path("c").glob("*/compare.html")
    assert "rag-eval compare --runs elsewhere weak strong" in page.read_text()
    assert _compare("--runs", "elsewhere", "weak", "strong")[0] == 0


@pytest.mark.parametrize("name", ["strong", _STRONG, f"runs/{_STRONG}", f"./runs/../runs/{_STRONG}"])
def test_a_run_is_not_held_against_itself(name: str) -> None:
    """Under whichever name."""
    assert _compare("strong", name) == (2, "", f"error: strong and {name} are the same run: {_STRONG}\n")
    assert not Path("comparisons").exists()


def test_a_metric_that_is_not_compared_is_told_with_those_that_are() -> None:
    """Before a page is written."""
    code, out, err = _compare("weak", "strong", "--metric", "recall@5")
    assert (code, out) == (2, "")
    assert err.startswith("error: --metric recall@5: is not compared here; there are: ")
    assert "correctness" in err
    assert not Path("comparisons").exists()
    compare._demand_known(["a"], ["a", "b"])
    compare._demand_known([], [])
    with pytest.raises(UsageError, match="--metric c: is not compared here; there are: a, b"):
        compare._demand_known(["a", "c"], ["a", "b"])


@pytest.mark.parametrize("place", ["new/folder/c.md", "c.md"])
def test_markdown_is_written_where_it_is_asked_for(place: str) -> None:
    """In a folder that is made if need be; every pair in it."""
    assert _compare("weak", "strong", "-o", place)[0] == 0
    assert Path(place).read_text().startswith("# strong against weak")


def test_markdown_that_cannot_be_written_is_one_sentence() -> None:
    """No traceback, and the code of a mistake."""
    Path("taken").write_text("no folder")
    code, _, err = _compare("weak", "strong", "-o", "taken/c.md")
    assert code == 2
    assert err.splitlines()[-1].startswith("error: --output taken/c.md: cannot be written: ")
    assert Path("taken").read_text() == "no folder"


def test_a_page_that_cannot_be_written_is_told_and_the_comparison_is_there() -> None:
    """What was found stands without it."""
    Path("taken").write_text("no folder")
    code, out, err = _compare("weak", "strong", "--comparisons", "taken")
    assert code == 0
    assert "correctness" in out
    assert err.startswith("! ")
    assert "Elsewhere: --comparisons DIR" in err


def test_one_pair_is_an_object_and_several_are_a_list() -> None:
    """With the page of each."""
    make(Path("runs"), [Past("20261126-091500-third", right=10)], mlflow={"enabled": False})
    single = json.loads(_compare("weak", "strong", "--json")[1])
    assert (single["a"], single["b"], single["mlflow"]) == (_WEAK, _STRONG, None)
    assert Path(single["page"]).is_file()
    several = json.loads(_compare("weak", "strong", "third", "--json")[1])["comparisons"]
    assert [pair["b"] for pair in several] == [_STRONG, "20261126-091500-third"]
    assert all(pair["a"] == _WEAK for pair in several)
    assert several[0]["metrics"][0]["difference"] == single["metrics"][0]["difference"]


def test_a_run_that_is_not_finished_is_compared_only_where_somebody_says_so() -> None:
    """The message has the option for it."""
    code, _, err = _compare("strong", _CUT)
    assert code == 2
    assert "unfinished" in err
    code, out, _ = _compare("strong", _CUT, "--partial", "--json")
    assert (code, json.loads(out)["metrics"][0]["pairs"]) == (0, 7)


@pytest.mark.parametrize(
    ("a", "b", "gate", "code"),
    [
        ("weak", "strong", "correctness.drop_vs <= 0.02", 0),
        ("strong", "weak", "correctness.drop_vs <= 0.02", 1),
        ("strong", "weak", "correctness.drop_vs(any-name) <= 0.02", 1),
        ("strong", "weak", None, 0),
    ],
)
def test_a_stands_for_every_baseline_that_gates_name(a: str, b: str, gate: str | None, code: int) -> None:
    """Without a gate the code is 0, also where B is worse."""
    assert _compare(a, b, *(["--gate", gate] if gate else []))[0] == code


def test_without_a_second_run_the_last_ones_are_named() -> None:
    """And the command that lists them all."""
    code, _, err = _compare("weak")
    assert code == 2
    assert "which one is held against weak?" in err
    assert _STRONG in err
    assert "rag-eval runs" in err
