"""`rag-eval runs rm` and `runs prune`: which runs are meant, what is said of them, and what is never removed."""

import json
from pathlib import Path

import pytest
from support.history import Past, make
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app, removal
from rag_eval.errors import UsageError

_OLD, _NEW = "20261122-091500-weak", "20261123-091500-strong"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def two() -> list[runs.RunFolder]:
    """Two finished runs of two experiments."""
    return make(Path("runs"), [Past(_OLD, right=12), Past(_NEW, right=12)])


def _invoke(*argv: str, stdin: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["runs", *argv], input=stdin)
    return result.exit_code, result.stdout, result.stderr


def _there() -> list[str]:
    return sorted(path.name for path in Path("runs").iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5400.0), ("12h", 43200.0), ("30d", 2592000.0), ("8w", 4838400.0), (" 1d ", 86400.0), ("0h", 0.0),
        ("999999w", 999999 * 604800.0), (None, None),
    ],
)  # fmt: skip
def test_a_time_is_a_number_and_a_letter(text: str | None, seconds: float | None) -> None:
    """Minutes, hours, days or weeks; none is none."""
    assert removal._seconds(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "d", "1.5d", "-1d", "1 d", "1y", "1D", "1d2h", "1e3d", "9999999d", "nan", "30d\n2"]
)
def test_what_is_no_time_is_told_with_examples(text: str) -> None:
    """Nothing is guessed: what is removed is gone."""
    with pytest.raises(UsageError) as caught:
        removal._seconds(text)
    assert str(caught.value) == f"--older-than {text}: expected a number and m, h, d or w, such as 12h or 30d"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (None, [_OLD, _NEW]), ("strong", [_NEW]), ("*", [_OLD, _NEW]), ("s*", [_NEW]), ("*o*", [_NEW]), ("STRONG", []),
        ("", []), ("stron", []), ("[sw]*", [_OLD, _NEW]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("two")
def test_a_name_means_the_runs_of_an_experiment(name: str | None, meant: list[str]) -> None:
    """Whole names, with `*` for anything; an empty one means none and not all."""
    entries = [
        run for run in runs.entries(Path("runs"), removal._marks(Path("baselines"), ())) if removal.is_called(run, name)
    ]
    assert sorted(run.id for run in entries) == meant


@pytest.mark.usefixtures("two")
def test_pruning_needs_to_know_what_is_to_go() -> None:
    """A command without options that would remove all is a trap."""
    code, out, err = _invoke("prune")
    assert (code, out) == (2, "")
    assert err == "error: what is to go? Say --keep N, --older-than 30d, or both\n"
    assert _there() == [_OLD, _NEW]


@pytest.mark.usefixtures("two")
def test_a_dry_run_says_what_it_would_do_and_does_nothing() -> None:
    """In the words of what it would be."""
    code, out, _ = _invoke("prune", "--keep", "0", "--dry-run")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines[:2]] == [_OLD, _NEW] or [line.split()[0] for line in lines[:2]] == [
        _NEW,
        _OLD,
    ]
    assert lines[2].startswith("2 runs would be removed, ")
    assert lines[2].endswith("would be freed")
    assert _there() == [_OLD, _NEW]


@pytest.mark.usefixtures("two")
def test_programs_are_told_what_went_and_what_stayed() -> None:
    """With why; the same fields for a dry run, which says that it was one."""
    assert CliRunner().invoke(app, ["baseline", "set", "strong", "main"]).exit_code == 0
    dry, real = (json.loads(_invoke("prune", "--keep", "0", "--json", *more)[1]) for more in (["--dry-run"], []))
    assert (dry["dry_run"], real["dry_run"]) == (True, False)
    for record in (dry, real):
        assert [run["id"] for run in record["removed"]] == [_OLD]
        assert record["size"] == sum(run["size"] for run in record["removed"]) > 0
        assert sum(record["staying"].values()) == 1
    assert _there() == [_NEW]


@pytest.mark.usefixtures("two")
def test_nothing_to_remove_is_no_error() -> None:
    """It is told as such."""
    code, out, err = _invoke("prune", "--keep", "5")
    assert (code, out.splitlines()[0], err) == (0, "0 runs removed, 0 B freed", "")


@pytest.mark.parametrize(
    ("answer", "code", "left"),
    [("y\n", 0, [_NEW]), ("n\n", 0, [_OLD, _NEW]), ("\n", 0, [_OLD, _NEW]), ("", 2, [_OLD, _NEW])],
)
@pytest.mark.usefixtures("two")
def test_only_a_yes_removes(answer: str, code: int, left: list[str]) -> None:
    """Where nobody is there to say it the command fails, and tells the option for it."""
    came, _, err = _invoke("rm", _OLD, stdin=answer)
    assert (came, _there()) == (code, left)
    if left != [_NEW]:
        assert "nothing was deleted" in err
    if code:
        assert "Say --yes where nobody can" in err


@pytest.mark.usefixtures("two")
def test_of_several_runs_all_go_or_none() -> None:
    """One that may not go keeps the others; one that is named twice is one."""
    assert CliRunner().invoke(app, ["baseline", "set", "strong", "main"]).exit_code == 0
    code, _, err = _invoke("rm", _OLD, _NEW, "--yes")
    assert (code, _there()) == (2, [_OLD, _NEW])
    assert "main" in err
    assert CliRunner().invoke(app, ["baseline", "rm", "main"]).exit_code == 0
    code, out, _ = _invoke("rm", _OLD, str(Path("runs") / _OLD), "--yes")
    assert (code, _there()) == (0, [_NEW])
    assert out.splitlines()[-1].startswith("1 run removed, ")


@pytest.mark.usefixtures("two")
def test_a_run_that_cannot_be_removed_is_told_and_the_others_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command fails, and says how many are left."""
    remove = runs.remove

    def stubborn(folder: runs.RunFolder) -> None:
        if folder.id == _OLD:
            raise UsageError(f"{folder.path}: cannot be removed: Permission denied")
        remove(folder)

    monkeypatch.setattr(runs, "remove", stubborn)
    code, out, err = _invoke("rm", _OLD, _NEW, "--yes")
    assert (code, _there()) == (2, [_OLD])
    assert out.splitlines()[-1].startswith("1 run removed, ")
    assert err.splitlines() == [
        f"error: runs/{_OLD}: cannot be removed: Permission denied", "error: 1 of them could not be removed",
    ]  # fmt: skip


@pytest.mark.usefixtures("two")
def test_what_is_no_run_is_told_before_anything_goes() -> None:
    """By its name."""
    code, _, err = _invoke("rm", _OLD, "gone", "--yes")
    assert (code, _there()) == (2, [_OLD, _NEW])
    assert "gone" in err
