"""Lines and documents of JSON are read to their end, and what is broken costs itself alone."""

import io
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rag_eval import traces
from rag_eval.traces.reading.json_lines import BrokenPiece, JsonPiece
from rag_eval.traces.reading.json_lines import read as read_lines

Found = traces.Exchange | traces.SkippedTrace


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


def read(path: Path, raw: bytes | None = None) -> list[Found]:
    """Everything in a file, which is written first."""
    if raw is not None:
        path.write_bytes(raw)
    return list(traces.read(str(path)))


def told(found: list[Found]) -> list[str]:
    """The questions, and in their place the reasons why there is none."""
    return [one.question if isinstance(one, traces.Exchange) else one.reason for one in found]


def test_a_broken_line_costs_itself_alone(tmp_path: Path) -> None:
    """It is told with its line and what stands there; the lines around it are read."""
    path = tmp_path / "t.jsonl"
    found = read(path, lines(spans(1)) + b'{"resourceSpans": [{"res\n\n' + b'\xff{}\n"text"\n' + lines(spans(2)))
    assert told(found) == ["Question 1?", "broken_json", "not_utf8", "not_a_trace", "Question 2?"]
    assert [one.line for one in found] == [1, 2, 4, 5, 6]
    assert isinstance(found[1], traces.SkippedTrace)
    assert '{"resourceSpans": [{"res' in found[1].message


def test_a_file_that_begins_in_the_middle_of_a_line_is_read(tmp_path: Path) -> None:
    """Rotation and `tail` cut lines; only the cut one is lost."""
    found = read(tmp_path / "t.jsonl", b'ueId": 1}]}\n' + lines(spans(1), spans(2)))
    assert told(found) == ["broken_json", "Question 1?", "Question 2?"]
    assert told(read(tmp_path / "u.jsonl", b'{"a": "cut\n' + lines(spans(1)))) == ["broken_json", "Question 1?"]


def test_documents_may_follow_each_other(tmp_path: Path) -> None:
    """As an exporter that prints to the console leaves them."""
    raw = "\n".join(json.dumps(spans(number), indent=2) for number in (1, 2, 3)).encode()
    assert told(read(tmp_path / "t.json", raw)) == ["Question 1?", "Question 2?", "Question 3?"]


def test_a_document_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    """A truncated list is read up to where it ends, and that it ended is told."""
    whole = json.dumps([row(1), row(2), row(3)], indent=2).encode()
    assert told(read(tmp_path / "t.json", whole[:-60])) == ["Question 1?", "Question 2?", "broken_json"]
    whole = json.dumps(spans(1, 2, 3), indent=2).encode()
    assert told(read(tmp_path / "u.json", whole[:-150])) == ["Question 1?", "Question 2?", "broken_json"]


def test_a_document_may_have_a_member_on_each_line(tmp_path: Path) -> None:
    """Which then looks like a file of lines after its first."""
    raw = b'{"resourceSpans": [\n' + json.dumps(spans(1)["resourceSpans"][0]).encode() + b"\n]}\n"
    assert told(read(tmp_path / "t.json", raw)) == ["Question 1?"]
    raw = b"[" + lines(row(1)).rstrip() + b",\n" + lines(row(2)).rstrip() + b"]\n"
    assert told(read(tmp_path / "u.json", raw)) == ["Question 1?", "Question 2?"]


def test_a_broken_member_of_a_list_costs_itself_alone(tmp_path: Path) -> None:
    """Where each member stands on lines of its own."""
    raw = b"[\n" + lines(row(1)).rstrip() + b",\n{broken},\n" + lines(row(2)) + b"]\n"
    assert told(read(tmp_path / "t.json", raw)) == ["Question 1?", "broken_json", "Question 2?"]


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_end_as_pieces_or_as_what_is_broken(raw: bytes) -> None:
    """Reading lines raises nothing."""
    found = list(read_lines(io.BufferedReader(io.BytesIO(raw))))
    assert all(isinstance(one, JsonPiece | BrokenPiece) for one in found)
