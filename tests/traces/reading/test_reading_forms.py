"""What a file holds is told by its content; one that holds no traces is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces
from rag_eval.errors import DataError


def row(number: int) -> dict[str, Any]:
    """A trace of one span."""
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "ask",
        "attributes": {"input.value": f"Question {number}?", "output.value": f"Answer {number}."},
    }


def spans(*numbers: int) -> dict[str, Any]:
    """What the Collector writes for some traces."""
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [row(number) for number in numbers]}]}]}


def lines(*values: Any) -> bytes:
    """One value a line."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


@pytest.mark.parametrize(
    ("name", "raw", "word"),
    [
        ("t.json", b"", "empty"),
        ("t.json", b" \n\n", "empty"),
        ("t.json", b"[]", "no traces"),
        ("t.csv", b"id,trace_id,parent_observation_id\n", "no traces"),
        ("t.bin", bytes(range(256)) * 9, "holds no traces"),
        ("t.pb", b"\n\x03abc\n\x7f", "holds no traces"),
        ("notes.md", b"# Notes\n", "holds no traces"),
        ("t.json", '{"a": 1}'.encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_without_traces_is_refused(tmp_path: Path, name: str, raw: bytes, word: str) -> None:
    """With its name and what to do; in a folder it is skipped and told."""
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DataError, match=word) as error:
        list(traces.read(str(path)))
    assert str(path) in str(error.value)
    (tmp_path / "good.jsonl").write_bytes(lines(spans(1)))
    found = list(traces.read(str(tmp_path)))
    assert {isinstance(one, traces.SkippedTrace) for one in found} == {True, False}
    assert len(found) == 2
    assert traces.sniff(str(path)) is None


def test_tables_that_happen_to_look_like_traces_are_not_taken_for_them(tmp_path: Path) -> None:
    """Datasets have spans, attributes, info and traces of their own."""
    path = tmp_path / "t.jsonl"
    for value in (
        {"text": "x", "spans": [{"start": 0, "end": 1, "label": "A"}]},
        {"name": "x", "attributes": {"colour": "red"}},
        {"id": 1, "input": "x", "output": "y", "timestamp": "2025-01-01", "session_id": "s"},
        {"info": {"a": 1}, "data": {"b": 2}},
        {"question": "Who?", "contexts": ["A"], "ground_truth": "Me."},
    ):
        path.write_bytes(lines(value))
        assert traces.sniff(str(path)) is None, value
