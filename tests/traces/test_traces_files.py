"""Files as they are found: folders, rotation, damage, and sizes that do not fit into memory."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval import traces
from rag_eval.errors import ConfigError, DataError
from rag_eval.traces.reading import json_cursor
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


@pytest.mark.parametrize("name", ["t.jsonl.gz", "t.bin"])
def test_a_packed_file_that_breaks_off_gives_what_it_has(tmp_path: Path, name: str) -> None:
    """The exporter was killed, or the disk was full."""
    raw = b"".join(lines(spans(number)) for number in range(1, 400))
    packed = gzip.compress(raw) if name.endswith("gz") else b"".join(
        len(line).to_bytes(4, "big") + line for line in raw.splitlines(keepends=True)
    )  # fmt: skip
    found = told(read(tmp_path / name, packed[: len(packed) * 3 // 4]))
    assert found[-1] == "truncated"
    assert found[:-1] == [f"Question {number}?" for number in range(1, len(found))]
    assert len(found) > 20


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


def test_no_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """A missing file, an empty folder and a pattern that matches nothing."""
    for path in (tmp_path / "no.json", tmp_path, tmp_path / "*.json"):
        with pytest.raises(DataError, match="Give a file"):
            traces.read(str(path))
    assert traces.sniff(str(tmp_path / "no.json")) is None


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    """Such as what an editor or a Mac leaves behind."""
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "t.jsonl").write_bytes(lines(spans(1)))
    assert told(list(traces.read(str(tmp_path)))) == ["Question 1?"]


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


def pieces_of(raw: bytes, monkeypatch: pytest.MonkeyPatch, whole: int) -> list[Any]:
    """The pieces of a document when only so much is read at once."""
    monkeypatch.setattr(json_cursor, "WHOLE", whole)
    monkeypatch.setattr(json_cursor, "_CHUNK", 16)
    return list(json_cursor.pieces(json_cursor.JsonCursor(b"", io.BytesIO(raw).read)))


def test_an_object_that_is_too_large_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece has around it what stood before it."""
    value = {"resourceSpans": [{"resource": {"a": 1}, "scopeSpans": [{"spans": [row(1), row(2)]}]}]}
    found = pieces_of(json.dumps(value).encode(), monkeypatch, 40)
    assert found == [
        {"resourceSpans": [{"resource": {"a": 1}, "scopeSpans": [{"spans": [row(number)]}]}]} for number in (1, 2)
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=6), st.sampled_from([None, 0, 2]))
def test_a_list_comes_out_as_it_is(values: list[Any], indent: int | None) -> None:
    """Whatever the spacing, the cursor gives the members of a list, in order, those inside lists one by one."""
    text = json.dumps(values, indent=indent).encode()
    flat = list(_flat(values))
    assert list(json_cursor.pieces(json_cursor.JsonCursor(b"", io.BytesIO(text).read))) == flat


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield value


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_end_as_pieces_or_as_what_is_broken(raw: bytes) -> None:
    """Reading lines raises nothing."""
    found = list(read_lines(io.BufferedReader(io.BytesIO(raw))))
    assert all(isinstance(one, JsonPiece | BrokenPiece) for one in found)


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
    many = 6000
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
    padded = ({**row(n), "attributes": {**row(n)["attributes"], "padding": "x" * 8000}} for n in range(1, many + 1))
    if shape == "lines":
        file.writelines(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}) + "\n" for one in padded)
        return
    before, after = ("[", "]") if shape == "list" else ('{"resourceSpans": [{"scopeSpans": [{"spans": [', "]}]}]}")
    file.write(before)
    for number, one in enumerate(padded):
        file.write(("," if number else "") + json.dumps(one))
    file.write(after)
