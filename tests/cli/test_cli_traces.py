"""`rag-eval traces inspect` says what captured traces hold, what is missing, and what to do about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.client_traces import CLIENTS
from support.dialects import ANSWER, DIALECTS, INNER, QUESTION, ROOT, as_lines, otlp, span, write
from typer.testing import CliRunner, Result

from rag_eval.cli import app
from rag_eval.traces.dialects import catalogue


def inspect(*arguments: str) -> Result:
    """What the command came to."""
    return CliRunner().invoke(app, ["traces", "inspect", *arguments])


def told(*arguments: str) -> dict[str, Any]:
    """The same as JSON."""
    result = inspect(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_told_with_what_it_has(tmp_path: Path, name: str) -> None:
    """The conversation has question, answer, contexts and latency, whoever wrote it down."""
    dialect, files = DIALECTS[name]
    found = told(write(tmp_path, files()))
    assert found["dialects"] == {dialect: 1}
    assert {key: found["have"][key] for key in ("response", "contexts", "latency_s")} == {
        "response": 1,
        "contexts": 1,
        "latency_s": 1,
    }
    assert found["skipped"] == {}
    assert found["examples"][0]["question"] == QUESTION


def test_a_person_reads_counts_examples_and_what_to_do(tmp_path: Path) -> None:
    """On standard output what is there, on standard error what is missing."""
    bare = [{"question": "When?", "answer": "At nine."}, {"level": "info"}, {"level": "info"}]
    path = tmp_path / "log.jsonl"
    path.write_bytes(as_lines(bare))
    result = inspect(str(path))
    assert result.exit_code == 0
    assert f"{path}: 1 exchanges (jsonl 1)" in result.stdout
    assert "answer              1 of 1" in result.stdout
    assert "skipped 2: 2 not_a_trace" in result.stdout
    assert f"{path}:2: not_a_trace" in result.stdout
    assert f"{path}:3: not_a_trace" not in result.stdout
    assert "question  When?" in result.stdout
    assert f"1 of 1 jsonl exchanges have no contexts: {catalogue.by_name('jsonl').advice.contexts}" in result.stderr


def test_all_shows_all(tmp_path: Path) -> None:
    """Three exchanges and one trace of each reason are shown, unless somebody wants all."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(as_lines([{"question": f"{n}?", "answer": "x"} for n in range(5)] + [{"level": n} for n in "ab"]))
    few, every = told(str(path)), told(str(path), "--all")
    assert (len(few["examples"]), len(few["skips"])) == (3, 1)
    assert (len(every["examples"]), len(every["skips"])) == (5, 2)
    assert few["exchanges"] == every["exchanges"] == 5


def test_fields_say_where_things_stand(tmp_path: Path) -> None:
    """For a log that calls things otherwise; a mistake in them is told."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(as_lines([{"request": {"text": "When?"}, "reply": "At nine."}]))
    found = told(str(path), "--field", "question=request.text", "--field", "response=reply")
    assert (found["exchanges"], found["have"]["response"]) == (1, 1)
    result = inspect(str(path), "--field", "question")
    assert result.exit_code == 2
    assert "expected NAME=JMESPATH" in result.stderr


def test_contexts_of_which_only_the_ids_are_there(tmp_path: Path) -> None:
    """OpenTelemetry's convention asks for ids alone; it is said how to get the text."""
    documents = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.documents": json.dumps([{"id": "a", "score": 1}]),
    }
    root = {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}
    path = tmp_path / "t.json"
    path.write_text(json.dumps(otlp([span(ROOT, "", "ask", root), span(INNER, ROOT, "retrieve", documents)])))
    found = told(str(path))
    assert (found["have"]["contexts"], found["have"]["context_ids"], found["context_text_missing"]) == (0, 1, 1)
    [advice] = found["advice"]
    assert "target.corpus" in advice


def test_contexts_that_were_lost_to_the_limit_are_told_as_such(tmp_path: Path) -> None:
    """Not as a retriever that nobody instrumented: the setting that helps is another."""
    documents = {"openinference.span.kind": "RETRIEVER", "retrieval.documents.7.document.content": "the last"}
    root = {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}
    cut = span(INNER, ROOT, "retrieve", documents, droppedAttributesCount=21)
    path = tmp_path / "t.json"
    path.write_text(json.dumps(otlp([span(ROOT, "", "ask", root), cut])))
    [advice] = told(str(path))["advice"]
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096" in advice


def test_a_file_that_holds_no_traces_is_refused(tmp_path: Path) -> None:
    """With exit code 2 and what was expected; so is one that is not there."""
    (tmp_path / "a.md").write_text("# Traces\n")
    result = inspect(str(tmp_path / "a.md"))
    assert (result.exit_code, "holds no traces" in result.stderr) == (2, True)
    assert inspect(str(tmp_path / "gone")).exit_code == 2


def test_every_dialect_has_advice() -> None:
    """Whoever's traces lack contexts or answers is told what to switch on."""
    written = {differing["dialect"] for _, differing in CLIENTS.values() if "dialect" in differing}
    dialects = {dialect for dialect, _ in DIALECTS.values()} | {"otlp"} | written
    installed = catalogue.installed()
    assert {dialect.name for dialect in installed} == dialects
    assert all(dialect.advice.contexts and dialect.advice.response for dialect in installed)


@pytest.mark.realdata
def test_published_captures_can_be_looked_into(realdata: Path) -> None:
    """Each file of the folder by itself, and all of them together: nothing is lost, and nothing breaks."""
    folder = realdata / "traces"
    if not folder.is_dir():
        pytest.skip(f"no captures at {folder}")
    exchanges = 0
    for path in sorted(folder.iterdir()):
        result = inspect(str(path), "--json")
        if path.suffix == ".md":
            assert (result.exit_code, "holds no traces" in result.stderr) == (2, True)
            continue
        assert result.exit_code == 0, path
        found = json.loads(result.stdout)
        assert found["exchanges"] + sum(found["skipped"].values()) == 1, path
        exchanges += found["exchanges"]
    whole = told(str(folder))
    assert whole["exchanges"] == exchanges
    assert whole["have"]["contexts"] >= 1
    assert any("retriever" in line for line in whole["advice"])
