"""`rag-eval sweep`: which options go together, and with which code it leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.answering import answering
from support.replays import experiment
from support.runs import rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.cli import sweep as command
from rag_eval.errors import GateFailed, GateUndecided, IncompleteError, RagEvalError, UnreachableError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(**settings: Any) -> None:
    matrix = {"target.options.fails": [{"case-0": "wrong", "case-1": "wrong"}, {}]}
    experiment(Path(), *rows(12), **{"target": answering(), "runs": "runs", "matrix": matrix, **settings})


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["sweep", *argv])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["x.yaml", "--retry-errors"],
            "--retry-errors needs a sweep. Do: rag-eval sweep --resume latest --retry-errors",
        ),
        (
            ["x.yaml", "--resume", "latest"],
            "--resume goes on with the experiment, cases and seed that the sweep began with; leave them out",
        ),
        (
            ["--resume", "latest", "--limit", "3"],
            "--resume goes on with the experiment, cases and seed that the sweep began with; leave them out",
        ),
        (
            ["--resume", "latest", "--seed", "0"],
            "--resume goes on with the experiment, cases and seed that the sweep began with; leave them out",
        ),
        (["x.yaml", "--gate", "mrr.mean >= 0.5", "--no-gates"], "--gate and --no-gates contradict each other"),
    ],
)
def test_options_that_contradict_each_other_are_told(argv: list[str], message: str) -> None:
    """With the way out, and before anything is asked."""
    _write()
    assert _invoke(*argv) == (2, "", f"error: {message}\n")
    assert not Path("sweeps").exists()
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--resume", "latest"], "sweep"),
        (["--resume", "gone"], "gone"),
        (["gone.yaml"], "gone.yaml"),
        (["x.yaml", "--baseline", "third"], "third"),
        (["x.yaml", "--parallel", "0"], "--parallel"),
    ],
)
def test_what_is_not_there_is_told_by_its_name(argv: list[str], says: str) -> None:
    """And nothing is asked."""
    _write()
    code, out, err = _invoke(*argv, "-q")
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("runs").exists()


def test_every_variant_is_run_and_the_best_is_told() -> None:
    """With the page; of what is kept in no MLflow there is no link."""
    _write()
    code, out, err = _invoke("x.yaml", "-q")
    assert (code, err) == (0, "")
    assert len([*Path("runs").iterdir()]) == 2
    page = next(line for line in out.splitlines() if line.startswith("page "))
    assert Path(page.split(None, 1)[1]).is_file()
    assert "mlflow" not in out


def test_programs_get_the_result_with_its_pages() -> None:
    """And nothing else on standard output."""
    _write()
    code, out, _ = _invoke("x.yaml", "-q", "--json", "--limit", "4")
    record = json.loads(out)
    assert code == 0
    assert len(record["variants"]) == 2
    assert Path(record["page"]).is_file()
    assert all(Path(page).is_file() for page in record["pages"].values())


class _Part:
    """Something with attributes."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


def _finished(
    tmp_path: Path,
    gates: tuple[str, ...] = (),
    *,
    short: str = "",
    untracked: str | None = None,
    leader: str | None = "a",
) -> Any:
    """A finished sweep of two variants, as far as the exit code looks at it."""
    runs, variants = [], []
    for label in "ab":
        folder = tmp_path / label
        folder.mkdir()
        (folder / "experiment.yaml").write_text(
            "name: x\ndataset: d.jsonl\ntarget: {kind: http, url: 'http://127.0.0.1:9/'}\n"
        )
        metrics = [samples.metric(n=10, failed=90)] if label in short else []
        result = _Part(folder=folder, summary=samples.summary(*metrics))
        runs.append(_Part(result=result, untracked=untracked, link=None))
        own = tuple(samples.gate(outcome) for outcome in gates) if label == leader else ()  # type: ignore[arg-type]
        variants.append(_Part(label=label, run=str(folder), gates=own))
    by_label = dict(zip("ab", variants, strict=True))
    result = _Part(leader=leader, baseline="b", variants=variants, variant=by_label.__getitem__)
    return _Part(result=result, runs=runs)


@pytest.mark.parametrize(
    ("gates", "short", "untracked", "error", "says"),
    [
        ((), "", None, None, ""),
        (("passed",), "", None, None, ""),
        (("failed",), "", "away", GateFailed, "1 of 1 gate failed"),
        (("undecided",), "", "away", GateUndecided, "undecided"),
        (("failed",), "a", None, GateFailed, "1 of 1 gate failed"),
        (("passed",), "b", None, IncompleteError, "too little was scored of: b"),
        (("undecided",), "ab", None, IncompleteError, "too little was scored of: a, b"),
        (("passed",), "", "it is away", UnreachableError, "it is away\nThe runs are whole. When MLflow is back: "),
    ],
)
def test_of_several_reasons_to_fail_the_gravest_is_the_code(
    tmp_path: Path,
    gates: tuple[str, ...],
    short: str,
    untracked: str | None,
    error: type[RagEvalError] | None,
    says: str,
) -> None:
    """A gate of the best variant that failed, then too little scored, then an undecided gate or a tracker away."""
    finished = _finished(tmp_path, gates, short=short, untracked=untracked)
    if error is None:
        command._fail_if_due(finished, None)
        return
    with pytest.raises(error) as caught:
        command._fail_if_due(finished, None)
    assert says in str(caught.value)


def test_each_variant_of_which_little_was_scored_is_told_by_its_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do about it."""
    with pytest.raises(IncompleteError):
        command._fail_if_due(_finished(tmp_path, short="b"), None)
    err = capsys.readouterr().err
    assert err.startswith("error: b: too little was scored to stand for the dataset")
    assert "error: a" not in err


def test_without_a_best_variant_no_gate_decides(tmp_path: Path) -> None:
    """There is none whose gates they would be."""
    command._fail_if_due(_finished(tmp_path, ("failed",), leader=None), None)


@pytest.mark.parametrize(("leader", "shown"), [("a", ["b", "a"]), ("b", ["b"]), (None, ["b"])])
def test_in_mlflow_the_best_is_shown_beside_the_baseline(tmp_path: Path, leader: str | None, shown: list[str]) -> None:
    """The baseline first; alone where it is the best itself, or where none is."""
    assert [path.name for path in command._shown(_finished(tmp_path, leader=leader))] == shown
