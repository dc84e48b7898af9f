"""Captured traces and past runs are replayed and scored without a server."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from support.dialects import (
    ANSWER,
    DIALECTS,
    IDS,
    INNER,
    QUESTION,
    ROOT,
    TEXTS,
    WITHOUT_IDS,
    as_lines,
    otlp,
    span,
    write,
)
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner, Result

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.identifiers import trace_id

ONE_OF_EACH = (
    "collector line", "protobuf", "GenAI structured", "OpenLLMetry", "MLflow", "Langfuse page", "LangSmith list",
    "TruLens", "plain rows",
)  # fmt: skip
METRICS = ["faithfulness", "answer_relevancy", "context_recall", "recall@2", "latency"]
ROW = {
    "id": "opening",
    "user_input": QUESTION,
    "reference": "The harbour office opens at 8.",
    "reference_context_ids": [IDS[0]],
}


def experiment(folder: Path, name: str, dataset: Any, target: dict[str, Any], **said: Any) -> Path:
    """An experiment file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    told = {"name": name, "dataset": dataset, "target": {"kind": "replay", **target}, "metrics": METRICS}
    path.write_text(yaml.safe_dump({**told, "runs": str(folder / "runs"), "mlflow": {"enabled": False}, **said}))
    return path


def command(*arguments: str | Path) -> Result:
    """What the command line came to."""
    return CliRunner().invoke(app, [*map(str, arguments)])


def run(path: Path, code: int = 0) -> Result:
    """Run an experiment that must pass, or end with a code: 3 where a metric has no value at all."""
    result = command("run", path, "-q")
    assert result.exit_code == code, result.output
    return result


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of the results of an experiment's one run."""
    found: list[dict[str, Any]] = pq.read_table(only(folder, name) / "results.parquet").to_pylist()
    return found


def without_ids(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what rests on the ids of contexts."""
    return {key: value for key, value in row.items() if "recall@2" not in key and key != "retrieved_context_ids"}


def write_questions(folder: Path) -> str:
    """Ground truth for the conversation."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "questions.jsonl").write_bytes(as_lines([ROW]))
    return str(folder / "questions.jsonl")


@pytest.mark.slow
def test_one_conversation_scores_the_same_in_every_dialect(tmp_path: Path) -> None:
    """Cases, contexts and scores are equal to the last digit, but for ids that a dialect does not record."""
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(ONE_OF_EACH):
        folder = tmp_path / str(number)
        path = write(folder / "exports", DIALECTS[name][1]())
        knows_ids = DIALECTS[name][0] not in WITHOUT_IDS
        run(experiment(folder, "capture", write_questions(folder), {"path": path}), code=0 if knows_ids else 3)
        [found[name]] = table(folder, "capture")
    first = found[ONE_OF_EACH[0]]
    assert (first["retrieved_contexts"], first["retrieved_context_ids"]) == ([*TEXTS], [*IDS])
    assert all(first[f"{metric}_status"] == "score" for metric in METRICS), first
    for name, row in found.items():
        if DIALECTS[name][0] in WITHOUT_IDS:
            assert row["recall@2_reason"] == "no context ids came with the answer"
            assert without_ids(row) == without_ids(first)
        else:
            assert row == first, name


@pytest.mark.slow
def test_traces_alone_are_scored_without_ground_truth(tmp_path: Path) -> None:
    """The questions of production are the cases; what needs a reference says that there is none."""
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(ONE_OF_EACH):
        folder = tmp_path / str(number)
        path = write(folder / "exports", DIALECTS[name][1]())
        run(experiment(folder, "production", path, {}), code=3)
        [row] = table(folder, "production")
        assert row.pop("id")
        found[name] = row
    first = found[ONE_OF_EACH[0]]
    for metric in ("faithfulness", "answer_relevancy", "latency"):
        assert first[f"{metric}_status"] == "score"
    assert first["context_recall_reason"] == "the case has no reference"
    for name, row in found.items():
        assert without_ids(row) == without_ids(first), name


def test_validate_tells_what_will_be_played(tmp_path: Path) -> None:
    """That there is no ground truth, what was skipped and why, and which metrics cannot apply."""
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "a.json").write_text(json.dumps(otlp(DIALECT_SPANS)))
    (tmp_path / "e" / "b.json").write_text(json.dumps(otlp([span("ab" * 8, "", "GET /health", {}, traceId="cd" * 16)])))
    path = experiment(tmp_path, "production", str(tmp_path / "e"), {})
    result = command("validate", path)
    assert result.exit_code == 0, result.output
    assert "the cases are questions out of traces" in result.stdout
    assert "of 1 cases matched: 1 by id" in result.stdout
    assert "context_recall will apply to no case: the case has no reference" in result.stderr
    assert "faithfulness: the dataset has what it needs for 1 of 1" in result.stdout
    assert "1 trace holds no exchange and was skipped: 1 not_rag" in result.stderr
    told = json.loads(command("validate", path, "--json").stdout)
    assert told["skipped"] == {"not_rag": 1}
    assert told["replay"]["matched"] == {"id": 1}


DIALECT_SPANS = [
    span(ROOT, "", "ask", {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}),
    span(
        INNER,
        ROOT,
        "retrieve",
        {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.content": TEXTS[0]},
    ),
]


def test_what_is_left_out_is_said_before_the_first_question_and_kept(tmp_path: Path) -> None:
    """Skipped traces, answers that belong to nobody and cases without one: on standard error, and in the journal."""
    captured = [
        {"query": QUESTION, "answer": ANSWER, "contexts": [*TEXTS]},
        {"query": "Who?", "answer": "Ada."},
        {"level": "info"},
    ]
    (tmp_path / "log.jsonl").write_bytes(as_lines(captured))
    (tmp_path / "questions.jsonl").write_bytes(as_lines([ROW, {"user_input": "Why?", "reference": "So."}]))
    target = {"path": str(tmp_path / "log.jsonl"), "format": "traces"}
    path = experiment(
        tmp_path, "partly", str(tmp_path / "questions.jsonl"), target, metrics=["faithfulness"], min_coverage=0.1
    )
    result = run(path)
    for line in (
        "1 trace holds no exchange and was skipped: 1 not_a_trace",
        "1 of 2 cases have no captured answer and will fail (not_captured)",
        "1 of 2 captured answers belong to no case and are not played",
    ):
        assert line in result.stderr
    with runs.RunFolder(only(tmp_path, "partly")).open_() as journal:
        kept: Any = journal.meta.replay
        assert journal.target_failures() == {"not_captured": 1}
    assert kept["skips"]["skipped"] == {"not_a_trace": 1}
    assert (kept["captured"], kept["unmatched"], kept["missing"]) == (2, 1, 1)


@pytest.mark.slow
def test_every_run_is_a_capture(tmp_path: Path) -> None:
    """Played again by its name, a run gives the same results, and its failures with their reasons."""
    captured = rows(wrong=2)
    replay(tmp_path, "first", captured[1:], dataset=str(tmp_path / "questions.jsonl"))
    (tmp_path / "all.jsonl").write_bytes(
        as_lines([{k: v for k, v in row.items() if k != "response"} for row in captured])
    )
    said = {"metrics": ["faithfulness", "context_recall", "recall@5", "latency"], "min_coverage": 0.1}
    live = experiment(tmp_path, "live", str(tmp_path / "all.jsonl"), {"path": str(tmp_path / "first.jsonl")}, **said)
    run(live)
    again = experiment(tmp_path, "again", str(tmp_path / "all.jsonl"), {"path": "live"}, **said)
    result = run(again)
    assert f"1 of {CASES} captures are failures and fail again: 1 not_captured" in result.stderr
    assert table(tmp_path, "again") == table(tmp_path, "live")
    assert table(tmp_path, "again")[0]["failure"] == "not_captured: no captured answer matches by id or question"


@pytest.mark.slow
def test_latest_means_the_same_when_a_run_is_resumed(tmp_path: Path) -> None:
    """What a run played is kept by its folder, not by a name that means another run later."""
    replay(tmp_path, "live", rows(2))
    path = experiment(tmp_path, "again", str(tmp_path / "questions.jsonl"), {"path": "latest"})
    run(path)
    kept = yaml.safe_load((only(tmp_path, "again") / "experiment.yaml").read_text())
    assert Path(kept["target"]["path"]) == only(tmp_path, "live")
    result = command("run", "--resume", only(tmp_path, "again"), "-q")
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_traces_find_the_questions_that_caused_them(tmp_path: Path) -> None:
    """By the trace id that was sent along, whichever run it was, although the traces hold other words."""
    for name in ("live", "other"):
        replay(tmp_path, name, rows(2))
    with runs.RunFolder(only(tmp_path, "live")).open_() as journal:
        key = journal.meta.key
    spans = [
        span(f"{n:016x}", "", "ask", {**QUESTION_OF_A_PROMPT, "output.value": f"answer {n}"},
             traceId=trace_id(key, f"case-{n}"))
        for n in range(2)
    ]  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps(otlp(spans)))
    target = {"path": str(tmp_path / "t.json"), "match": "trace"}
    for name, more in (("any", {}), ("named", {"run": "live"})):
        run(experiment(tmp_path, name, str(tmp_path / "questions.jsonl"), {**target, **more}), code=3)
        assert [row["response"] for row in table(tmp_path, name)] == ["answer 0", "answer 1"]
    strange = experiment(
        tmp_path, "strange", str(tmp_path / "questions.jsonl"), {**target, "run": "other"}, min_coverage=0
    )
    run(strange)
    failures = [row["failure"] for row in table(tmp_path, "strange")]
    assert failures == ["not_captured: no captured answer matches by trace"] * 2


QUESTION_OF_A_PROMPT = {"openinference.span.kind": "CHAIN", "input.value": "You are a helpful ferryman."}


@pytest.mark.parametrize("where", ["own", "said"])
def test_contexts_come_from_the_corpus(tmp_path: Path, where: str) -> None:
    """From the dataset folder's own, or the one that is named; then what reads contexts applies."""
    (tmp_path / "corpus.jsonl").write_bytes(as_lines([{"id": k, "text": t} for k, t in zip(IDS, TEXTS, strict=True)]))
    folder = tmp_path / "set"
    own: list[str | Path] = ["--corpus", tmp_path / "corpus.jsonl"] if where == "own" else []
    assert command("build-dataset", write_questions(tmp_path), "-o", folder, *own).exit_code == 0
    documents = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.documents": json.dumps([{"id": key, "score": 1} for key in IDS]),
    }
    root = {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}
    spans = [span(ROOT, "", "ask", root), span(INNER, ROOT, "retrieve", documents)]
    (tmp_path / "t.json").write_text(json.dumps(otlp(spans)))
    more = {} if where == "own" else {"corpus": str(tmp_path / "corpus.jsonl")}
    result = run(experiment(tmp_path, "joined", str(folder), {"path": str(tmp_path / "t.json"), **more}))
    assert "1 of 1 captured answers got the text of their contexts from the corpus" in result.stderr
    [row] = table(tmp_path, "joined")
    assert row["retrieved_contexts"] == [*TEXTS]
    assert row["faithfulness_status"] == "score"


def test_a_wrong_corpus_is_told_before_anything_is_done(tmp_path: Path) -> None:
    """Also where no trace would have wanted it; no run folder is left behind."""
    path = write(tmp_path / "exports", DIALECTS["MLflow"][1]())
    result = command("run", experiment(tmp_path, "x", write_questions(tmp_path), {"path": path, "corpus": "gone"}))
    assert result.exit_code == 2
    assert "gone" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_the_first_cases_are_played_alone(tmp_path: Path) -> None:
    """With `--limit` what comes later in the files is neither read nor remarked upon."""
    replay(tmp_path, "live", rows())
    with (tmp_path / "questions.jsonl").open("a") as file:
        file.write("\n{broken")
    path = experiment(tmp_path, "few", str(tmp_path / "questions.jsonl"), {"path": "live"}, metrics=["faithfulness"])
    result = command("run", path, "-q", "--limit", "2")
    assert result.exit_code == 0, result.output
    assert "belong to no case" not in result.stderr
    assert len(table(tmp_path, "few")) == 2


def test_a_table_of_answers_is_no_capture_of_spans(tmp_path: Path) -> None:
    """A Parquet file of rows is read as rows, with the fields that they have."""
    import pyarrow as pa

    pq.write_table(pa.Table.from_pylist(rows(2)), tmp_path / "answers.parquet")
    (tmp_path / "questions.jsonl").write_bytes(as_lines(rows(2)))
    path = experiment(tmp_path, "table", str(tmp_path / "questions.jsonl"), {"path": str(tmp_path / "answers.parquet")})
    told = json.loads(command("validate", path, "--json").stdout)
    assert (told["replay"]["kind"], told["replay"]["matched"]) == ("rows", {"id": 2})


def test_answers_with_ids_need_no_question(tmp_path: Path) -> None:
    """The question is the dataset's; where questions are what is matched by, one error says what to do."""
    (tmp_path / "p.jsonl").write_bytes(as_lines([{"id": "opening", "response": ANSWER, "contexts": list(TEXTS)}] * 1))
    for match in ("id", "auto"):
        path = experiment(
            tmp_path, match, write_questions(tmp_path), {"path": str(tmp_path / "p.jsonl"), "match": match}
        )
        run(path, code=3)
        [row] = table(tmp_path, match)
        assert (row["user_input"], row["response"], row["retrieved_contexts"]) == (QUESTION, ANSWER, [*TEXTS])
    path = experiment(
        tmp_path, "asked", write_questions(tmp_path), {"path": str(tmp_path / "p.jsonl"), "match": "question"}
    )
    result = command("run", path, "-q")
    assert result.exit_code == 2
    assert "`target.match: id` needs none" in result.output
    assert "target.fields: {user_input: COLUMN}" in result.output
    assert "build-dataset" not in result.output
