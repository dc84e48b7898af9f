"""What further clients write is read as it was; what they do not record is not known."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.client_traces import CLIENTS, TRUTH

from rag_eval import traces
from rag_eval.targets.replay.inspection import inspect


def _exchange(folder: Path, body: Any) -> traces.Exchange:
    """The only one in a trace."""
    path = folder / "trace.json"
    path.write_text(json.dumps(body))
    (exchange,) = traces.read(str(path))
    assert isinstance(exchange, traces.Exchange)
    return exchange


@pytest.mark.parametrize("name", CLIENTS)
def test_what_a_client_recorded_is_read_as_it_was(name: str, tmp_path: Path) -> None:
    """Question, answer, passages with their ids, session and tokens, and whose trace it is."""
    write, differing = CLIENTS[name]
    exchange = _exchange(tmp_path, write())
    expected = {**TRUTH, **differing}
    assert {field: getattr(exchange, field) for field in expected} == expected


@pytest.mark.parametrize("name", [name for name in CLIENTS if name != "Datadog LLM Observability"])
def test_what_failed_has_no_answer(name: str, tmp_path: Path) -> None:
    """Whatever a model had said until then, where the outermost span failed."""
    body = CLIENTS[name][0]()
    spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[0]["status"] = {"code": 2, "message": "RateLimitError: slow down"}
    exchange = _exchange(tmp_path, body)
    assert (exchange.response, exchange.metadata["error"]) == (None, "RateLimitError: slow down")


def test_passages_in_one_text_are_not_known_and_it_is_said_why(tmp_path: Path) -> None:
    """With the span that joined them, and what mends it."""
    body = CLIENTS["Traceloop decorators, passages in one text"][0]()
    assert _exchange(tmp_path, body).metadata["contexts_in_one_text"] == "search.tool"
    inspection = inspect(str(tmp_path / "trace.json"), {})
    assert inspection.contexts_in_one_text == 1
    (advice,) = [each for each in inspection.advice if "no contexts" in each]
    assert "let it return a list" in advice
