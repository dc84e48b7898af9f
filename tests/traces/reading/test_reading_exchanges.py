"""A trace is put together from wherever it lies, in bounded memory."""

import gzip
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval import traces
from rag_eval.errors import DataError

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


def test_a_trace_is_put_together_from_rotated_files(tmp_path: Path) -> None:
    """The root may come in another file than what is inside it; order is that of first appearance."""
    child = {**row(1), "spanId": "f" * 16, "parentSpanId": f"{1:016x}"}
    child["attributes"] = {"openinference.span.kind": "RETRIEVER", "retrieval.documents.0.document.content": "A"}
    (tmp_path / "t-2025-01-01.jsonl").write_bytes(lines(child, spans(2)))
    (tmp_path / "t.jsonl").write_bytes(lines(spans(3), spans(1)))
    for path in (str(tmp_path), str(tmp_path / "*.jsonl")):
        found = list(traces.read(path))
        assert told(found) == ["Question 1?", "Question 2?", "Question 3?"]
        assert isinstance(found[0], traces.Exchange)
        assert found[0].contexts == ("A",)
        assert (Path(found[0].file).name, found[0].line) == ("t-2025-01-01.jsonl", 1)


def test_traces_of_a_document_are_numbered(tmp_path: Path) -> None:
    """A document has no lines that mean anything."""
    found = read(tmp_path / "t.json", json.dumps(spans(5, 6), indent=2).encode())
    assert [one.line for one in found] == [1, 2]


@given(st.data())
def test_damage_ends_in_a_reason(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A file with bytes changed or cut off gives exchanges, reasons or a `DataError`, and nothing else."""
    raw = lines(spans(1), spans(2))
    packed = data.draw(
        st.sampled_from([raw, gzip.compress(raw, mtime=0), _frames(raw), json.dumps(spans(1), indent=1).encode()])
    )
    cut = packed[: data.draw(st.integers(1, len(packed)))]
    at = data.draw(st.integers(0, len(cut) - 1))
    path = tmp_path_factory.mktemp("damaged") / "t.json"
    path.write_bytes(cut[:at] + data.draw(st.binary(max_size=3)) + cut[at + 1 :])
    traces.sniff(str(path))
    try:
        found = list(traces.read(str(path)))
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert found


def _frames(raw: bytes) -> bytes:
    import zstandard

    records = [zstandard.ZstdCompressor().compress(line) for line in raw.splitlines()]
    return b"".join(len(record).to_bytes(4, "big") + record for record in records)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["lines", "one line", "list"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, shape: str) -> None:
    """Spans wait on disk; a line as long as the file is read piece by piece."""
    path = tmp_path / "t.json"
    many = 1500
    with path.open("w") as file:
        _write(file, shape, many)
    assert path.stat().st_size > 45_000_000
    tracemalloc.start()
    count = sum(isinstance(one, traces.Exchange) for one in traces.read(str(path)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == many
    assert peak < 30_000_000


def _write(file: io.TextIOBase | Any, shape: str, many: int) -> None:
    """Traces with a long attribute that matters to nobody."""
    padded = ({**row(n), "attributes": {**row(n)["attributes"], "padding": "x" * 32_000}} for n in range(1, many + 1))
    if shape == "lines":
        file.writelines(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}) + "\n" for one in padded)
        return
    before, after = ("[", "]") if shape == "list" else ('{"resourceSpans": [{"scopeSpans": [{"spans": [', "]}]}]}")
    file.write(before)
    for number, one in enumerate(padded):
        file.write(("," if number else "") + json.dumps(one))
    file.write(after)


def test_turns_are_numbered_in_their_conversation(tmp_path: Path) -> None:
    """By when they were asked, over all traces of a session, whatever the order of the files."""

    def span(number: int, session: str | None) -> dict[str, Any]:
        attributes = {"input.value": f"Question {number}?", "output.value": "A."} | (
            {"session.id": session} if session else {}
        )
        return {
            "traceId": f"{number:032x}",
            "spanId": f"{number:016x}",
            "attributes": attributes,
            "startTimeUnixNano": number * 10**18,
        }

    path = tmp_path / "t.json"
    path.write_text(json.dumps([span(3, "s"), span(1, "s"), span(2, None), span(2**8, "s"), span(4, "other")]))
    read = {each.question: each.turn for each in traces.read(str(path)) if isinstance(each, traces.Exchange)}
    assert read == {"Question 3?": 2, "Question 1?": 1, "Question 2?": None, "Question 256?": 3, "Question 4?": 1}
