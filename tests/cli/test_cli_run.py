"""`rag-eval run`: which options go together, what is printed, and with which code it leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.answering import answering
from support.history import Past, make
from support.replays import experiment
from support.runs import rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.cli import run as command
from rag_eval.errors import GateFailed, GateUndecided, IncompleteError, RagEvalError, UnreachableError
from rag_eval.ports import RunResult
from rag_eval.pushing import FinishedRun
from rag_eval.records import GateOutcome, MetricSummary


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(*, wrong: int = 0, **settings: Any) -> None:
    fails = {f"case_{n}": "wrong" for n in range(wrong)}
    experiment(Path(), *rows(6), **{"target": answering(**fails), "runs": "runs", **settings})


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["run", *argv])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["x.yaml", "--retry-errors"], "--retry-errors needs a run. Do: rag-eval run --resume latest --retry-errors"),
        (
            ["--resume", "latest", "--limit", "3"],
            "--resume goes on with the cases that the run began with; leave --limit out",
        ),
        (
            ["x.yaml", "--resume", "latest"],
            "--resume goes on with the experiment and the seed that the run began with; leave them out",
        ),
        (
            ["--resume", "latest", "--seed", "3"],
            "--resume goes on with the experiment and the seed that the run began with; leave them out",
        ),
        (
            ["--resume", "latest", "--name", "other"],
            "--resume goes on with a run that has a name; another is given by: rag-eval runs rename",
        ),
        (
            ["--resume", "latest", "--against", "main", "--stop-when-decided"],
            "--stop-when-decided belongs to a new run: one that is gone on with asks everything",
        ),
        (
            ["x.yaml", "--stop-when-decided"],
            "--stop-when-decided needs a run to be decided against. Add: --against NAME",
        ),
        (
            ["--resume", "latest", "--dataset", "a.csv"],
            "--resume goes on with the questions that the run began with; leave --dataset out",
        ),
        (["x.yaml", "--against", "main", "--no-gates"], "--against and --no-gates contradict each other"),
        (["x.yaml", "--gate", "mrr.mean >= 0.5", "--no-gates"], "--gate and --no-gates contradict each other"),
    ],
)
def test_options_that_contradict_each_other_are_told(argv: list[str], message: str) -> None:
    """With the way out, and before anything is asked: no run is left behind."""
    _write()
    make(Path("runs"), [Past("20261122-091500-x")])
    assert _invoke(*argv) == (2, "", f"error: {message}\n")
    assert len([*Path("runs").iterdir()]) == 1


def test_the_file_is_the_one_that_init_writes_where_none_is_named() -> None:
    """And is told by its name where it is not there."""
    code, _, err = _invoke()
    assert code == 2
    assert "rag-eval.yaml" in err
    _write()
    Path("x.yaml").rename("rag-eval.yaml")
    assert _invoke("-q")[0] == 0


_QUESTION, _PASSAGE = "When does it open?", "The pool opens at six."
_FILES: dict[str, str | dict[str, str]] = {
    "scifact": {
        "queries.jsonl": json.dumps({"_id": "q", "text": _QUESTION}),
        "corpus.jsonl": json.dumps({"_id": "d1", "title": "", "text": _PASSAGE}),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq\td1\t1\n",
    },
    "dev-v2.0.json": json.dumps({
        "data": [{"paragraphs": [{"context": _PASSAGE, "qas": [
            {"id": "q", "question": _QUESTION, "answers": [{"text": "at six", "answer_start": 15}]},
        ]}]}],
    }),
    "promptfooconfig.yaml": (
        f"tests:\n- vars: {{question: '{_QUESTION}', context: '{_PASSAGE}'}}\n"
        "  assert: [{type: contains, value: at six}]\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _FILES)
def test_a_file_of_others_is_asked_by_one_command(name: str) -> None:
    """BEIR, SQuAD and promptfoo's tests as they are published, in place of the experiment's dataset."""
    _write(metrics=["latency"])
    held = _FILES[name]
    files = held if isinstance(held, dict) else {"": str(held)}
    for part, text in files.items():
        path = Path(name) / part if part else Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    code, out, err = _invoke("x.yaml", "--dataset", name, "--json", "-q")
    assert code == 0, err
    assert json.loads(out)["cases"] == 1
    kept = (next(Path("runs").iterdir()) / "experiment.yaml").read_text()
    assert f"path: {name}" in kept


def test_a_run_prints_its_table_and_where_its_report_is() -> None:
    """On standard output; progress and notes are elsewhere."""
    _write(gates=["recall@5.mean >= 0.5"])
    code, out, err = _invoke("x.yaml", "-q")
    (folder,) = Path("runs").iterdir()
    assert (code, err) == (0, "")
    assert "recall@5" in out
    assert f"report   {folder.resolve()}/report.html" in out or f"report   {folder}/report.html" in out
    assert "mlflow" not in out


def test_programs_get_the_summary_and_nothing_else() -> None:
    """With the folder; what the command line said is what was done."""
    _write(gates=["recall@5.mean >= 0.5"])
    code, out, _ = _invoke("x.yaml", "-q", "--json", "--limit", "2", "--name", "other", "--gate", "answered >= 0.1")
    record = json.loads(out)
    assert code == 4
    assert (record["name"], record["cases"], record["limit"]) == ("other", 2, 2)
    assert [gate["expression"] for gate in record["gates"]] == ["recall@5.mean >= 0.5", "answered >= 0.1"]
    assert (Path(record["folder"]).name, record["mlflow"]) == (record["run_id"], None)


@pytest.mark.parametrize(
    ("wrong", "options", "code", "says"),
    [
        (6, [], 1, "1 of 1 gate failed"),
        (2, [], 4, "1 of 1 gate undecided"),
        (2, ["--undecided", "pass"], 0, ""),
        (2, ["--undecided", "fail"], 1, "which counts as failed (--undecided fail)"),
        (6, ["--no-gates"], 0, ""),
    ],
)
def test_the_exit_code_is_that_of_the_gates(wrong: int, options: list[str], code: int, says: str) -> None:
    """And the run is there whatever it is."""
    _write(wrong=wrong, gates=["recall@5.mean >= 0.7"])
    came, _, err = _invoke("x.yaml", "-q", *options)
    assert came == code
    assert says in err
    assert len([*Path("runs").iterdir()]) == 1


def test_a_run_is_gone_on_with_by_its_name() -> None:
    """What failed is tried again only where somebody says so."""
    _write(target=answering(case_2="away"), min_coverage=0)
    code, _, err = _invoke("x.yaml", "-q")
    assert code == 3
    assert "rag-eval run --resume" in err
    code, _, err = _invoke("--resume", "latest", "-q")
    assert code == 3
    assert "2 cases are kept" in err


def _finished(tmp_path: Path, *outcomes: GateOutcome, untracked: str | None = None, short: bool = False) -> FinishedRun:
    metrics: list[MetricSummary] = [samples.metric(n=10, failed=90)] if short else []
    (tmp_path / "experiment.yaml").write_text(
        "name: x\ndataset: d.jsonl\ntarget: {kind: http, url: 'http://127.0.0.1:9/'}\n"
    )
    summary = samples.summary(*metrics, gates=tuple(samples.gate(outcome) for outcome in outcomes))
    return FinishedRun(RunResult(summary, tmp_path, {}), None, untracked)


@pytest.mark.parametrize(
    ("outcomes", "untracked", "short", "error"),
    [
        ([], None, False, None),
        (["passed"], None, False, None),
        (["passed"], "away", False, UnreachableError),
        (["undecided"], None, False, GateUndecided),
        (["undecided"], "away", False, UnreachableError),
        (["failed"], "away", False, GateFailed),
        (["failed"], None, True, GateFailed),
        (["passed"], None, True, IncompleteError),
        (["undecided"], None, True, IncompleteError),
        (["passed"], "away", True, IncompleteError),
        ([], None, True, IncompleteError),
    ],
)
def test_of_several_reasons_to_fail_the_gravest_is_the_code(
    tmp_path: Path, outcomes: list[GateOutcome], untracked: str | None, *, short: bool, error: type[RagEvalError] | None
) -> None:
    """A gate that failed, then that too little was scored, then a tracker that is away, then an undecided gate."""
    finished = _finished(tmp_path, *outcomes, untracked=untracked, short=short)
    if error is None:
        command._fail_if_due(finished, None)
        return
    with pytest.raises(error):
        command._fail_if_due(finished, None)


@pytest.mark.parametrize("outcome", ["failed", "undecided", "passed"])
def test_that_the_tracker_is_away_is_told_whatever_became_of_the_gates(
    tmp_path: Path, outcome: GateOutcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that brings the run there, and that nothing is lost."""
    finished = _finished(tmp_path, outcome, untracked="http://127.0.0.1:9 does not answer")
    with pytest.raises(RagEvalError) as caught:
        command._fail_if_due(finished, None)
    told = f"{capsys.readouterr().err}{caught.value}"
    assert "http://127.0.0.1:9 does not answer" in told
    assert f"The run is whole in {tmp_path}. When MLflow is back: rag-eval sync {tmp_path}" in told
