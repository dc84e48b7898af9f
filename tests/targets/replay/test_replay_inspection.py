"""What is in captured traces and what is missing: every exchange is counted, and advice is of what was counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval.errors import DataError
from rag_eval.targets.replay.inspection import EXAMPLES, Inspection, inspect

_WHOLE = {"question": "When?", "answer": "At noon.", "contexts": ["It lands at noon."], "context_ids": ["f1"]}


def look(folder: Path, *rows: Any, most: int | None = EXAMPLES) -> Inspection:
    """What is found in a log of rows."""
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return inspect(str(path), {}, most=most)


def test_a_log_that_lacks_nothing_needs_no_advice(tmp_path: Path) -> None:
    """Everything it has is counted, by the name that is asked for."""
    full = {**_WHOLE, "latency_s": 1.5, "asked_at": 5, "feedback": "good", "confidence": 0.5, "conversation": "t"}
    result = look(tmp_path, {**full, "context_scores": [0.5], "scores": {"x": 1}})
    assert result.have == dict.fromkeys(
        (
            "response", "contexts", "context_ids", "context_scores", "latency_s", "asked_at", "feedback", "scores",
            "confidence", "conversation",
        ), 1,
    )  # fmt: skip
    assert (result.exchanges, result.dialects, result.advice, result.skipped) == (1, {"jsonl": 1}, (), {})


def test_what_is_missing_is_counted_and_what_to_do_is_said(tmp_path: Path) -> None:
    """Of how many, in which dialect; an answer and contexts each have advice of their own."""
    result = look(tmp_path, _WHOLE, {"question": "a?"}, {"question": "b?", "answer": "x"})
    assert [line.partition(":")[0] for line in result.advice] == [
        "2 of 3 jsonl exchanges have no contexts",
        "1 of 3 jsonl exchanges have no answer",
    ]
    assert all(line.partition(": ")[2] for line in result.advice)
    assert (result.have["response"], result.have["contexts"]) == (2, 1)


def test_what_was_not_found_where_it_belongs_is_counted(tmp_path: Path) -> None:
    """Questions out of prompts, objects in place of answers, failures, and what was only retrieved."""
    texts = [
        f"Passage {n} of the catalogue says that item {n} is sold as seen for {n} euros a piece." for n in range(2)
    ]
    messages = [{"role": "user", "content": f"{texts[0]}\nQuestion: Who?"}]
    spans = [
        {"input.value": "Who?", "output.value": "<generator object>"},
        {"input.value": "Who?", "error.type": "Timeout"},
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(messages)},
        {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "who is it"},
        {"openinference.span.kind": "RETRIEVER", "output.value": json.dumps(texts)},
    ]
    traces = [1, 2, 3, 4, 3]
    path = tmp_path / "t.json"
    path.write_text(json.dumps([
        {"traceId": f"{trace:032x}", "spanId": f"{number + 1:016x}", "attributes": span}
        for number, (trace, span) in enumerate(zip(traces, spans, strict=True))
    ]))  # fmt: skip
    result = inspect(str(path), {})
    assert (result.failed, result.answer_refused, result.only_retrieved) == (1, 1, 1)
    assert result.question_from == {"prompt": 1, "query": 1}
    words = ("out of a prompt", "searched for as their question", "<generator object>", "retrieved more passages")
    assert all(sum(word in line for line in result.advice) == 1 for word in words)


def test_contexts_without_ids_are_not_hidden_by_ids_without_contexts(tmp_path: Path) -> None:
    """Those of one exchange make up for nothing that another lacks."""
    bare = {"question": "a?", "answer": "x", "contexts": ["t"]}
    named = {"question": "b?", "answer": "x", "context_ids": ["f1"]}
    advice = look(tmp_path, bare, named).advice
    assert any(line.startswith("1 of 2 exchanges have contexts without ids: ") for line in advice)


def test_nothing_retrieved_is_not_nothing_known(tmp_path: Path) -> None:
    """An exchange whose retriever brought nothing has contexts: none."""
    result = look(tmp_path, {"question": "a?", "answer": "x", "contexts": [], "context_ids": []})
    assert result.have["contexts"] == 1
    assert not any("have no contexts" in line for line in result.advice)


def test_a_few_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    """Unless all are wanted; of what was left out one for each reason."""
    rows = [{**_WHOLE, "question": f"Question {n}?"} for n in range(EXAMPLES + 2)]
    broken = [{"nothing": 1}, {"nothing": 2}, [1], 7]
    result = look(tmp_path, *rows, *broken)
    assert (result.exchanges, len(result.examples)) == (EXAMPLES + 2, EXAMPLES)
    assert result.skipped == {"not_a_trace": 4}
    assert len(result.skips) == 1
    everything = look(tmp_path, *rows, *broken, most=None)
    assert (len(everything.examples), len(everything.skips)) == (EXAMPLES + 2, 4)
    assert look(tmp_path, *rows, most=0).examples == ()


def test_an_example_is_short_and_says_where_it_stands(tmp_path: Path) -> None:
    """A long text is cut, a number of contexts is no list of them, and what is unknown is None."""
    long = "word " * 100
    first, second = look(
        tmp_path,
        {"question": long, "answer": long, "contexts": ["a", "b"], "id": "t1", "latency_s": 2},
        {"question": "q"},
    ).examples
    assert first.place == f"{tmp_path / 'log.jsonl'}:1"
    assert len(first.question) <= 160
    assert first.response is not None
    assert first.response.endswith("…")
    assert (first.contexts, first.trace_id, first.latency_s, first.dialect) == (2, "t1", 2.0, "jsonl")
    assert (second.contexts, second.response, second.latency_s) == (None, None, None)


def test_the_commonest_stands_first(tmp_path: Path) -> None:
    """Of reasons why there is nothing, and of dialects."""
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "x", "attributes": {}}
    result = look(tmp_path, span, {"x": 1}, {"x": 2}, _WHOLE)
    assert list(result.skipped.values()) == sorted(result.skipped.values(), reverse=True)
    assert sum(result.skipped.values()) == 3


def test_where_there_are_no_traces_that_is_an_error(tmp_path: Path) -> None:
    """A missing file is not an empty log."""
    with pytest.raises(DataError, match=r"nowhere\.jsonl"):
        inspect(str(tmp_path / "nowhere.jsonl"), {})


def test_fields_are_read_where_they_are_said_to_be(tmp_path: Path) -> None:
    """Whatever a log calls them."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"q": {"text": "When?"}, "a": "At noon."}\n')
    result = inspect(str(path), {"question": "q.text", "response": "a"})
    assert [(example.question, example.response) for example in result.examples] == [("When?", "At noon.")]
