"""`rag-eval baseline …`: kept, listed and taken away."""

import json
import shutil
from pathlib import Path

import pytest
from support import samples
from support.history import Past, make
from typer.testing import CliRunner

from rag_eval.cli import app

_STRONG, _FEW, _CUT = "20261123-091500-strong", "20261124-091500-few", "20261125-091500-cut"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, one with --limit, and one that was cut short."""
    root = tmp_path_factory.mktemp("template") / "runs"
    make(root, [Past(_STRONG, right=12), Past(_FEW, asked=5, limit=5), Past(_CUT, asked=7)], mlflow={"enabled": False})
    return root


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, "runs")


def _baseline(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["baseline", *argv])
    return result.exit_code, result.stdout, result.stderr


def test_a_run_becomes_a_baseline_under_a_name() -> None:
    """`main` where none is given; which run it is made of is told."""
    assert _baseline("set", "strong") == (0, f"baselines/main  is {_STRONG}\n", "")
    assert _baseline("set", _STRONG, "release-1.4", "--baselines", "kept") == (
        0, f"kept/release-1.4  is {_STRONG}\n", "",
    )  # fmt: skip
    assert Path("kept/release-1.4").is_dir()


def test_a_run_of_the_first_questions_is_warned_of() -> None:
    """Only a run that asked as many can be held to it; how many there are is told where it is known."""
    code, out, err = _baseline("set", _FEW, "few")
    assert (code, out) == (0, f"baselines/few  is {_FEW}\n")
    assert err == (
        "warning: it covers 5 of 40 questions of its dataset (--limit 5): "
        "only a run with the same --limit can be held to it\n"
    )


@pytest.mark.parametrize(("argv", "says"), [(("set", "gone"), "gone"), (("set", _CUT), "unfinished")])
def test_what_is_no_finished_run_makes_no_baseline(argv: tuple[str, ...], says: str) -> None:
    """And leaves the one that had the name."""
    assert _baseline("set", _STRONG)[0] == 0
    code, _, err = _baseline(*argv)
    assert code == 2
    assert says in err
    assert _baseline("list")[1].startswith("main  ")


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".", "..", ".hidden"])
def test_a_name_that_would_lead_out_of_the_folder_is_refused(name: str) -> None:
    """No file is written elsewhere."""
    before = sorted(path.name for path in Path.cwd().parent.iterdir())
    code, _, err = _baseline("set", _STRONG, name)
    assert code == 2
    assert err.startswith("error: ")
    assert sorted(path.name for path in Path.cwd().parent.iterdir()) == before
    assert not [*Path("baselines").glob("*")]


def test_baselines_are_listed_with_what_they_came_to() -> None:
    """By name, in a line each: which run, how many cases, and the primary metric."""
    _baseline("set", _STRONG, "main")
    _baseline("set", _FEW, "few")
    code, out, err = _baseline("list")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"few  {_FEW}  5 cases  correctness 1.000", f"main  {_STRONG}  20 cases  correctness 0.600",
    ] or [line.split("  ")[:3] for line in out.splitlines()] == [
        ["few", _FEW, "5 cases"], ["main", _STRONG, "20 cases"],
    ]  # fmt: skip
    rows = json.loads(_baseline("list", "--json")[1])
    assert rows == [
        {"name": "few", "run": _FEW, "path": "baselines/few", "cases": 5},
        {"name": "main", "run": _STRONG, "path": "baselines/main", "cases": 20},
    ]


def test_an_empty_list_says_how_to_make_one() -> None:
    """On standard error: a program reads an empty list."""
    assert _baseline("list") == (
        0, "", "there are no baselines in baselines/. Make one: rag-eval baseline set latest main\n",
    )  # fmt: skip
    assert json.loads(_baseline("list", "--json")[1]) == []


def test_a_baseline_is_taken_away_and_its_run_stays() -> None:
    """Which run it was is told, as it can be made of it again."""
    _baseline("set", _STRONG, "main")
    assert _baseline("rm", "main") == (0, f"removed baselines/main, which was {_STRONG}\n", "")
    assert Path("runs", _STRONG).is_dir()
    assert not Path("baselines/main").exists()


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    """And nothing goes."""
    _baseline("set", _STRONG, "main")
    code, _, err = _baseline("rm", "mian")
    assert code == 2
    assert "no baseline is called 'mian'. Did you mean main? There are: main." in err
    assert Path("baselines/main").is_dir()


def test_another_run_takes_the_place_of_the_one_that_had_the_name() -> None:
    """Whole: nothing of the former is left in it."""
    _baseline("set", _FEW, "main")
    _baseline("set", _STRONG, "main")
    assert json.loads(_baseline("list", "--json")[1]) == [
        {"name": "main", "run": _STRONG, "path": "baselines/main", "cases": 20}
    ]


def test_a_run_of_which_little_was_scored_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others will be held to what it did not measure."""
    from rag_eval.evaluation import results

    real = results.summary_of
    short = samples.metric("correctness", n=5, failed=15)
    monkeypatch.setattr(results, "summary_of", lambda folder: real(folder).model_copy(update={"metrics": (short,)}))
    code, _, err = _baseline("set", _STRONG)
    assert code == 0
    assert err.startswith("warning: too little was scored to stand for the dataset: correctness 5 of 20")
