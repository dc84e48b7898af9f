"""`rag-eval doctor FILE`: what a file holds, and the command that works on it."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_eval.cli import app


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _doctor(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["doctor", *argv])
    return result.exit_code, result.stdout, result.stderr


def _ways(out: str) -> list[str]:
    return [line.removeprefix("do: ") for line in out.splitlines() if line.startswith("do: ")]


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("question,ground_truth\nQ?,R\n", ["rag-eval build-dataset 'my set.csv' -o 'datasets/my set'"]),
        (
            "question,refernce\nQ?,It is so.\n",
            ["rag-eval build-dataset 'my set.csv' -o 'datasets/my set' --field reference=refernce"],
        ),
        (
            "question,answerable\nQ?,perhaps\nP?,yes\n",
            ["rag-eval build-dataset 'my set.csv' -o 'datasets/my set' --on-error quarantine"],
        ),
    ],
)
def test_the_command_that_it_names_works(text: str, ways: list[str]) -> None:
    """As it stands there, with the field that a column looks like and with bad rows left out."""
    Path("my set.csv").write_text(text)
    code, out, _ = _doctor("my set.csv")
    assert (code, [way for way in _ways(out) if "build-dataset" in way]) == (0, ways)
    assert CliRunner().invoke(app, shlex.split(ways[0])[1:]).exit_code == 0


def test_scores_are_told_by_what_they_need() -> None:
    """With how many rows have it."""
    rows = [{"question": "Q?", "ground_truth": "R"}, {"question": "P?", "gold_ids": ["a"], "contexts": ["c"]}]
    Path("a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, out, _ = _doctor("a.jsonl")
    assert "scores without ground truth: faithfulness, answer_relevancy" in out
    assert "scores by reference, which 1 of 2 rows have: correctness, context_recall" in out
    assert "scores by reference_context_ids, which 1 of 2 rows have: hit@k" in out
    assert "--dataset a.jsonl    # with target: {kind: replay}" in out
    record = json.loads(_doctor("a.jsonl", "--json")[1])
    assert (record["kind"], record["account"]["rows"], record["problems"], len(record["do"])) == ("rows", 2, [], 2)


def test_documents_and_traces() -> None:
    """The command that makes questions out of them."""
    Path("pages").mkdir()
    Path("pages/a.md").write_text("# A\n\nThe pool opens at six.\n")
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "x", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    spans = {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, "attributes": []}]}]}]}
    Path("t.jsonl").write_text(json.dumps(spans))
    assert _ways(_doctor("pages")[1]) == ["rag-eval build-dataset pages -o datasets/pages --questions 50"]
    assert _ways(_doctor("t.jsonl")[1]) == ["rag-eval build-dataset t.jsonl --from traces -o datasets/t"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["a.csv"], "a.csv: there is no such file"),
        (
            ["words.csv"],
            "No row can be used as it stands. A question in a column of another name: --field user_input=Anliegen",
        ),
        (["empty.csv"], "empty.csv: holds no rows"),
        (["words.csv", "-c", "x.yaml"], "-c looks at an experiment, an argument at a file of data"),
    ],
)
def test_what_nothing_can_be_done_with(argv: list[str], says: str) -> None:
    """Is an error with the way out."""
    Path("words.csv").write_text("Anliegen\nWarum?\n")
    Path("empty.csv").write_text("question\n")
    code, _, err = _doctor(*argv)
    assert code == 2
    assert says in err
