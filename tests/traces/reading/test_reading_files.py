"""The files of a path are found and unpacked, or it is said why not."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

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
