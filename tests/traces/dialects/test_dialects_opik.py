"""Opik's traces and spans, as exported and as its API answers."""

import json
from pathlib import Path
from typing import Any

from rag_eval import traces
from rag_eval.traces.dialects import opik

TRACE: dict[str, Any] = {
    "id": "t1", "name": "rag", "project_name": "p", "start_time": "2026-01-01T10:00:00Z",
    "end_time": "2026-01-01T10:00:02Z", "input": {"question": "Who?"}, "output": {"answer": "Me.", "context": ["A"]},
    "thread_id": "s1", "feedback_scores.Correct": 1, "tags": ["x"],
}  # fmt: skip
SPAN: dict[str, Any] = {
    "id": "s", "trace_id": "t1", "parent_span_id": None, "type": "general", "name": "retrieve", "input": {"query": "q"},
    "output": {"documents": [{"id": "d1", "content": "B"}]},
}  # fmt: skip


def read(folder: Path, *objects: Any) -> traces.Exchange:
    """The only exchange in a file of them."""
    path = folder / "t.json"
    path.write_text(json.dumps(objects))
    (read,) = traces.read(str(path))
    assert isinstance(read, traces.Exchange), read
    return read


def test_a_trace_is_an_exchange(tmp_path: Path) -> None:
    """With the passages that its answer brought along."""
    exchange = read(tmp_path, TRACE)
    assert (exchange.dialect, exchange.question, exchange.response) == ("opik", "Who?", "Me.")
    assert (exchange.contexts, exchange.latency_s, exchange.conversation) == (("A",), 2.0, "s1")
    assert exchange.scores == {"Correct": 1.0}


def test_spans_say_what_was_retrieved_and_used(tmp_path: Path) -> None:
    """Beside the trace or in it."""
    asked = {"messages": [{"role": "user", "content": "B"}]}
    model = {**SPAN, "id": "m", "type": "llm", "name": "chat", "input": asked, "output": "Me.", "model": "m",
             "usage": {"prompt_tokens": 3, "completion_tokens": 1}}  # fmt: skip
    for objects in ([TRACE, SPAN, model], [{**TRACE, "spans": [SPAN, model]}]):
        exchange = read(tmp_path, *objects)
        assert (exchange.contexts, exchange.context_ids) == (("B",), ("d1",))
        assert (exchange.input_tokens, exchange.output_tokens, exchange.metadata["model"]) == (3.0, 1.0, "m")


def test_a_failed_trace_has_no_answer(tmp_path: Path) -> None:
    """Its reason is kept."""
    failed = {**TRACE, "error_info": {"exception_type": "openai.RateLimitError", "message": "slow down"}}
    exchange = read(tmp_path, failed)
    assert (exchange.response, exchange.metadata["error"]) == (None, "RateLimitError: slow down")


def test_other_objects_are_not_recognised() -> None:
    """Such as rows of a log and runs of LangSmith."""
    assert not opik.recognised({"id": "1", "input": "Who?", "output": "Me."})
    assert not opik.recognised({**TRACE, "run_type": "chain"})
