"""Captured answers out of traces, runs and rows, with contexts joined from a corpus; nothing is left out uncounted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.dialects import ANSWER, DIALECTS, IDS, QUESTION, TEXTS, TRACE, WITHOUT_IDS, as_lines, write

from rag_eval import runs
from rag_eval.identifiers import trace_id
from rag_eval.journal import JournalWriter
from rag_eval.records import Answer, Case, Failure, RunMeta
from rag_eval.targets.replay import captures
from rag_eval.targets.replay.captures import Capture, CaptureTally
from rag_eval.targets.replay.report import skips

CORPUS = dict(zip(IDS, TEXTS, strict=True))


def read(path: str, corpus: Mapping[str, str] | None = None) -> tuple[list[Capture], CaptureTally]:
    """The captures of a file and what was counted."""
    tally = CaptureTally()
    return [*captures.of_traces(path, {}, lambda: corpus or {}, tally)], tally


def rows(folder: Path, *held: Mapping[str, Any]) -> str:
    """A log of rows."""
    path = folder / "log.jsonl"
    path.write_bytes(as_lines([dict(one) for one in held]))
    return str(path)


def retrieval(folder: Path, documents: list[dict[str, Any]]) -> str:
    """A trace in OpenTelemetry's words whose documents are these."""
    from support.dialects import INNER, ROOT, otlp, span

    attributes = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": QUESTION,
        "gen_ai.retrieval.documents": json.dumps(documents),
    }
    root = {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}
    path = folder / "trace.json"
    path.write_text(json.dumps(otlp([span(ROOT, "", "ask", root), span(INNER, ROOT, "retrieve", attributes)])))
    return str(path)


def reply(one: Capture) -> Answer:
    """Its answer."""
    assert isinstance(one.reply, Answer)
    return one.reply


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_answer(tmp_path: Path, name: str) -> None:
    """Question, answer, contexts, ids and latency do not depend on who wrote the trace."""
    dialect, files = DIALECTS[name]
    [found], tally = read(write(tmp_path, files()))
    assert (found.question, reply(found).response) == (QUESTION, ANSWER)
    assert reply(found).retrieved_contexts == TEXTS
    assert reply(found).retrieved_context_ids == (None if dialect in WITHOUT_IDS else IDS)
    assert reply(found).latency_s == pytest.approx(2.0)
    assert reply(found).metadata["dialect"] == dialect
    assert (tally.captured, tally.skipped) == (1, {})
    if dialect in {"openinference", "mlflow", "langfuse", "otel-genai", "openllmetry"}:
        assert found.trace == TRACE


@pytest.mark.parametrize("name", DIALECTS)
def test_questions_of_traces_are_cases(tmp_path: Path, name: str) -> None:
    """Without ground truth, with the id by which the captured answer is found again."""
    path = write(tmp_path, DIALECTS[name][1]())
    [case] = captures.cases(path, {}, CaptureTally())
    [found], _ = read(path)
    assert (case.user_input, case.reference, case.reference_contexts) == (QUESTION, None, None)
    assert case.id in found.ids


def test_ids_are_unique_and_the_same_each_time(tmp_path: Path) -> None:
    """Rows without an id, rows that say the same, and ids that stand twice each get one of their own."""
    plain = {"question": "When?", "answer": "At nine."}
    named = {"question": "Where?", "answer": "Here.", "id": "7"}
    path = rows(tmp_path, plain, plain, plain, named, named, {**named, "id": "7~2"})
    found = [case.id for case in captures.cases(path, {}, CaptureTally())]
    assert len(set(found)) == 6
    assert found[1:3] == [f"{found[0]}~2", f"{found[0]}~3"]
    assert found[3:] == ["7", "7~2", "7~2~2"]
    assert [one.ids[0] for one in read(path)[0]] == found


def test_the_id_that_a_service_recorded_is_one(tmp_path: Path) -> None:
    """What the harness called the question finds it again."""
    [found], _ = read(rows(tmp_path, {"question": "When?", "answer": "x", "client_request_id": "case-1", "id": 9}))
    assert set(found.ids) == {"9", "case-1"}


def test_traces_that_hold_nothing_are_counted_with_their_reason(tmp_path: Path) -> None:
    """The first of each kind is told in words, with its place."""
    path = rows(tmp_path, {"question": "When?", "answer": "x"}, {"level": "info"}, {"level": "error"})
    found, tally = read(path)
    assert len(found) == 1
    assert tally.skipped == {"not_a_trace": 2}
    head, line = skips(tally).remarks
    assert head == "2 traces hold no exchange and were skipped: 2 not_a_trace"
    assert f"{path}:2" in line


def test_a_service_that_failed_is_a_failure(tmp_path: Path) -> None:
    """No answer and an error is no empty answer: it must not fall out of the denominator."""
    from support.dialects import ROOT, otlp, span

    attributes = {"openinference.span.kind": "CHAIN", "input.value": QUESTION}
    status = {"code": "STATUS_CODE_ERROR", "message": "index is down"}
    (tmp_path / "t.json").write_text(json.dumps(otlp([span(ROOT, "", "ask", attributes, status=status)])))
    [found], _ = read(str(tmp_path / "t.json"))
    assert isinstance(found.reply, Failure)
    assert found.reply.reason == "captured_error"
    assert "index is down" in found.reply.message


def test_what_an_answer_took_is_kept(tmp_path: Path) -> None:
    """Tokens under the names that answers of live services have theirs."""
    from support.dialects import INNER, ROOT, otlp, span

    model = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 3, "llm.token_count.completion": 1}
    asked = {"input.value": QUESTION, "output.value": ANSWER}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(otlp([span(ROOT, "", "ask", asked), span(INNER, ROOT, "chat", model)])))
    [capture], _ = read(str(path))
    assert reply(capture).metadata["usage"] == {"input_tokens": 3.0, "output_tokens": 1.0}


def test_contexts_are_joined_by_id(tmp_path: Path) -> None:
    """In the order of the ids, where a trace has nothing but those."""
    path = retrieval(tmp_path, [{"id": key, "score": 0.5} for key in IDS])
    [found], tally = read(path, CORPUS)
    assert reply(found).retrieved_contexts == TEXTS
    assert reply(found).retrieved_context_ids == IDS
    assert (tally.joined, tally.unresolved, tally.without_text) == (1, 0, 0)


def test_ids_that_the_corpus_does_not_know_make_contexts_unknown(tmp_path: Path) -> None:
    """Never a shorter list: that would be another retrieval. The answer says which."""
    path = retrieval(tmp_path, [{"id": IDS[0], "score": 0.5}, {"id": "gone", "score": 0.4}])
    [found], tally = read(path, CORPUS)
    assert reply(found).retrieved_contexts is None
    assert reply(found).retrieved_context_ids == (IDS[0], "gone")
    note = "1 of 2 context ids are in no passage of the corpus, such as gone"
    assert reply(found).metadata["contexts_note"] == note
    assert (tally.joined, tally.unresolved, tally.unknown_ids) == (0, 1, {"gone": 1})


def test_contexts_of_which_some_have_no_text_are_unknown_or_joined(tmp_path: Path) -> None:
    """A list that lost some of its texts is not taken for the whole one."""
    path = retrieval(tmp_path, [{"id": IDS[0], "score": 1, "content": TEXTS[0]}, {"id": IDS[1], "score": 0.4}])
    [found], tally = read(path)
    assert reply(found).retrieved_contexts is None
    assert tally.without_text == 1
    assert "without their text" in str(reply(found).metadata["contexts_note"])
    [found], tally = read(path, CORPUS)
    assert reply(found).retrieved_contexts == TEXTS
    assert tally.joined == 1


def test_a_run_is_a_capture(tmp_path: Path) -> None:
    """Its answers come back as they were, what failed is a failure again, and each knows the trace that was sent."""
    answer = Answer(response="At nine.", latency_s=0.5, attempts=2, asked_at=7.0, metadata={"a": 1})
    failure = Failure(stage="target", reason="timeout", message="no answer within 30 s", attempts=4)
    with JournalWriter.create(tmp_path / "journal.db", RunMeta(key="k")) as journal:
        journal.record_reply(0, Case(id="1", user_input="When?"), answer)
        journal.record_reply(1, Case(id="2", user_input="Where?"), failure)
    tally = CaptureTally()
    first, second = captures.of_run(runs.RunFolder(tmp_path), tally)
    assert (first.question, first.ids, first.reply) == ("When?", ("1",), answer)
    assert (second.reply, second.trace) == (failure, trace_id("k", "2"))
    assert tally.captured == 2


def test_rows_are_joined_with_a_corpus_too() -> None:
    """Contexts that are there stay; a failure stays; the others get their texts or a note."""
    failure = Failure(stage="target", reason="timeout", message="too late")
    found = [
        Capture("a", Answer(retrieved_contexts=("own",), retrieved_context_ids=(IDS[0],))),
        Capture("b", Answer(retrieved_context_ids=IDS)),
        Capture("c", Answer(retrieved_context_ids=("gone",))),
        Capture("d", failure),
    ]
    tally = CaptureTally()
    a, b, c, d = captures.joined(found, lambda: CORPUS, tally)
    assert reply(a).retrieved_contexts == ("own",)
    assert reply(b).retrieved_contexts == TEXTS
    assert reply(c).retrieved_contexts is None
    assert "contexts_note" in reply(c).metadata
    assert d.reply == failure
    assert (tally.joined, tally.unresolved) == (1, 1)


def test_the_row_may_say_its_trace() -> None:
    """A table of answers with a column `trace_id` is matched as a trace is."""
    case = Case(id="1", user_input="When?", metadata={"trace_id": TRACE.upper()})
    [found] = captures.of_rows([(case, Answer(response="x"), "a.csv:2")], CaptureTally())
    assert (found.trace, found.place) == (TRACE, "a.csv:2")
