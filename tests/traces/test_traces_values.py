"""Ids and times are one, in whatever form they are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces

TRACE = "5B8EFFF798038103D269B633813FC60C"


ROOT, CHILD, OTHER, LAST = "EEE19B7EC3C1B174", "EEE19B7EC3C1B175", "EEE19B7EC3C1B176", "EEE19B7EC3C1B177"


CHAIN = {"openinference.span.kind": "CHAIN", "input.value": "Who?", "output.value": "Me."}


def span(key: str, parent: str | None, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span on its own, attributes as an object."""
    return {"traceId": TRACE, "spanId": key, "parentSpanId": parent, "name": "x", "attributes": attributes, **more}


def read(folder: Path, value: Any) -> list[traces.Exchange | traces.SkippedTrace]:
    """Everything in a file that holds the value."""
    path = folder / "t.json"
    path.write_text(json.dumps(value))
    return list(traces.read(str(path)))


def exchange(folder: Path, value: Any) -> traces.Exchange:
    """The only exchange in it."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.Exchange), found
    return found


def documents(*held: dict[str, Any], prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents as OpenInference flattens them."""
    return {f"{prefix}.{n}.document.{name}": one for n, each in enumerate(held) for name, one in each.items()}


def retriever(*held: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A retriever below the root."""
    return span(
        CHILD, ROOT, {"openinference.span.kind": "RETRIEVER", "input.value": "Who?", **documents(*held)}, **more
    )


def test_ids_may_be_whole_numbers(tmp_path: Path) -> None:
    """And come out as texts, in the order of the retriever, also beyond ten documents."""
    found = exchange(
        tmp_path, [span(ROOT, None, CHAIN), retriever(*({"content": f"t{n}", "id": n} for n in range(12)))]
    )
    assert found.context_ids == tuple(str(n) for n in range(12))
    assert found.contexts == tuple(f"t{n}" for n in range(12))


def test_ids_are_one_whatever_their_letters(tmp_path: Path) -> None:
    """Hexadecimal in either case is the same trace, and the same parent."""
    small = {**retriever({"content": "A"}), "traceId": TRACE.lower(), "parentSpanId": ROOT.lower()}
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), small])
    assert (found.trace_id, found.contexts) == (TRACE.lower(), ("A",))


@pytest.mark.parametrize(
    "start", [1_736_935_200_000_000_000, "1736935200000000000", "2025-01-15T10:00:00Z", 1_736_935_200]
)
def test_times_come_in_any_unit(tmp_path: Path, start: object) -> None:
    """As texts, as numbers, in seconds or in nanoseconds."""
    end = "2025-01-15T12:00:03+02:00"
    found = exchange(tmp_path, [span(ROOT, None, CHAIN, startTimeUnixNano=start, endTimeUnixNano=end)])
    assert (found.asked_at, found.latency_s) == (1_736_935_200.0, 3.0)
