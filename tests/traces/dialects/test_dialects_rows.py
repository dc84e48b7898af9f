"""Rows of one's own are read by usual names or by those that are given."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces
from rag_eval.errors import ConfigError

Found = traces.Exchange | traces.SkippedTrace


def lines(*values: Any) -> bytes:
    """One value a line."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def read(path: Path, raw: bytes | None = None) -> list[Found]:
    """Everything in a file, which is written first."""
    if raw is not None:
        path.write_bytes(raw)
    return list(traces.read(str(path)))


def test_fields_map_rows_of_ones_own(tmp_path: Path) -> None:
    """A JMESPath for each field; what is not named is found under its known names, the rest is metadata."""
    path = tmp_path / "t.jsonl"
    logged = {
        "req": {"text": "Who?"},
        "res": {"body": "Me.", "docs": [{"t": "A", "n": 7}]},
        "rating": 1,
        "shop": "north",
    }
    path.write_bytes(lines(logged, {"req": {}}))
    fields = {
        "user_input": "req.text",
        "response": "res.body",
        "contexts": "res.docs[].t",
        "context_ids": "res.docs[].n",
    }
    first, second = traces.read(str(path), fields=fields)
    assert isinstance(first, traces.Exchange)
    assert (first.question, first.response, first.contexts, first.context_ids) == ("Who?", "Me.", ("A",), ("7",))
    assert (first.feedback, first.metadata["shop"]) == ("good", "north")
    assert isinstance(second, traces.SkippedTrace)
    assert (second.reason, second.line) == ("no_question", 2)


def test_bad_fields_are_refused(tmp_path: Path) -> None:
    """With what was probably meant."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(lines({"question": "Who?"}))
    with pytest.raises(ConfigError, match="Did you mean question"):
        traces.read(str(path), fields={"qestion": "q"})
    with pytest.raises(ConfigError, match="JMESPath"):
        traces.read(str(path), fields={"question": "a["})


def test_rows_that_are_no_traces_say_what_they_have(tmp_path: Path) -> None:
    """So that somebody can name the fields."""
    (found,) = read(tmp_path / "t.jsonl", lines({"frage": "Wer?", "antwort": "Ich."}))
    assert isinstance(found, traces.SkippedTrace)
    assert "antwort, frage" in found.message
