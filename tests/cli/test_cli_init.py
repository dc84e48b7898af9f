"""`rag-eval init`."""

from pathlib import Path

import pytest
from support.rag_server import RagServer
from typer.testing import CliRunner, Result

from rag_eval import configfile
from rag_eval.cli import app


def _init(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["init", *arguments])


def test_an_experiment_to_start_from_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, if no other place is named; it can be read, and what to do next is said."""
    monkeypatch.chdir(tmp_path)
    done = _init()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "wrote rag-eval.yaml" in done.stdout
    assert "rag-eval run rag-eval.yaml" in done.stdout
    assert configfile.load(tmp_path / "rag-eval.yaml").name == "rag-eval"


def test_the_metric_that_is_read_first_stands_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the dataset is the example's where that is, else somebody's own, of which it is said what it must hold."""
    monkeypatch.chdir(tmp_path)
    _init("without.yaml")
    (tmp_path / "datasets" / "harbour").mkdir(parents=True)
    _init("with.yaml")
    assert configfile.load(tmp_path / "without.yaml").metrics[0] == "correctness"
    assert configfile.load(tmp_path / "without.yaml").dataset.path == "questions.csv"
    assert configfile.load(Path("with.yaml")).dataset.path == "datasets/harbour"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("new-reranker.yaml", "new-reranker"),
        ("deep/er/v1.2_b.yaml", "v1.2_b"),
        ("my experiment (2).yaml", "my-experiment--2"),
        ("-draft-.yaml", "draft"),
        ("2026.yaml", "2026"),
        ("on.yaml", "on"),
        ("1e5.yaml", "1e5"),
        ("Größe.yaml", "my-first"),
        ("___.yaml", "my-first"),
        ("x" * 120 + ".yaml", "x" * 100),
    ],
)
def test_the_experiment_is_named_as_its_file(tmp_path: Path, file: str, name: str) -> None:
    """As far as a name may hold it; folders on the way are made."""
    path = tmp_path / file
    assert _init(str(path)).exit_code == 0
    assert configfile.load(path).name == name


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    """The refusal says how to insist, and insisting replaces it."""
    path = tmp_path / "mine.yaml"
    path.write_text("precious", encoding="utf-8")
    refused = _init(str(path))
    assert refused.exit_code == 2
    assert refused.stderr == f"error: {path} is there already; --force replaces it\n"
    assert path.read_text(encoding="utf-8") == "precious"
    assert _init(str(path), "--force").exit_code == 0
    assert configfile.load(path).name == "mine"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder, or a place beneath a file, is no place for a file."""
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "mine.yaml"):
        refused = _init(str(path), "--force")
        assert refused.exit_code == 2
        assert refused.stderr.startswith(f"error: {path}: cannot be written: ")


def test_a_file_for_a_service_and_a_dataset_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in it is not there; the next command asks a question, and the one after it runs."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"What does the ferry to island {n} cost?,It costs {n} pounds.\n" for n in range(6))
    Path("faq.csv").write_text(f"kysymys,vastaus\n{rows}")
    fields = ["--field", "user_input=kysymys", "--field", "reference=vastaus"]
    with RagServer() as server:
        done = _init("mine.yaml", "--url", f"{server.url}/ask", "--dataset", "faq.csv", *fields)
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout.endswith("next: rag-eval validate mine.yaml --ask 1\n")
        with Path("mine.yaml").open("a") as file:
            file.write("mlflow: {enabled: false}\n")  # which takes longer than all the rest
        for command in (["validate", "mine.yaml", "--ask", "1"], ["run", "mine.yaml", "-q"]):
            ran = CliRunner().invoke(app, command)
            assert ran.exit_code == 0, ran.output
    experiment = configfile.load(Path("mine.yaml"))
    assert {"correctness", "faithfulness", "context_recall"} <= {*experiment.metrics}


def test_what_is_missing_of_a_service_or_a_dataset_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either goes with the other, and columns are named by the option of this command."""
    monkeypatch.chdir(tmp_path)
    Path("faq.csv").write_text("kysymys,vastaus\nWhen?,At six.\n")
    for some in (["--url", "http://127.0.0.1:9/"], ["--dataset", "faq.csv"]):
        assert "go together" in _init(*some).stderr
    assert "name one" in _init("--field", "user_input=kysymys").stderr
    unread = _init("--url", "http://127.0.0.1:9/", "--dataset", "faq.csv")
    assert (unread.exit_code, "--field user_input=kysymys" in unread.stderr) == (2, True)
    away = _init("--url", "http://127.0.0.1:9/", "--dataset", "faq.csv", "--field", "user_input=kysymys")
    assert away.exit_code == 0
    assert "body and select are guesses" in away.stderr
    assert "next: mend it, then  rag-eval validate rag-eval.yaml --ask 1" in away.stdout
