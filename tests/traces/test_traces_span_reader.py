"""A span becomes what matters of it, whichever exporter wrote it, also where the SDK dropped attributes."""

import json
from pathlib import Path
from typing import Any

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


def skipped(folder: Path, value: Any) -> traces.SkippedTrace:
    """The only thing in it, which is none."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.SkippedTrace), found
    return found


def documents(*held: dict[str, Any], prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents as OpenInference flattens them."""
    return {f"{prefix}.{n}.document.{name}": one for n, each in enumerate(held) for name, one in each.items()}


def test_a_lost_question_is_told_from_none(tmp_path: Path) -> None:
    """The SDK drops the oldest attributes beyond 128; the message names the setting."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 40)}
    found = skipped(tmp_path, [span(ROOT, None, lost, droppedAttributesCount="7")])
    assert found.reason == "attributes_dropped"
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in found.message
    assert "7" in found.message


def test_a_full_span_without_its_first_documents_has_lost_attributes(tmp_path: Path) -> None:
    """Some exporters leave the count out."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 133)}
    assert skipped(tmp_path, [span(ROOT, None, lost)]).reason == "attributes_dropped"


def test_contexts_that_lost_their_first_are_not_taken_for_all(tmp_path: Path) -> None:
    """The question is in the root; the retriever's first documents are gone, so its contexts are unknown."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 40)}
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, lost, droppedAttributesCount=7)])
    assert found.contexts is None
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in str(found.metadata["contexts_lost"])


def test_a_span_that_lost_only_its_question_still_has_its_contexts(tmp_path: Path) -> None:
    """What remains is whole where it begins with the first document."""
    held = documents(*({"content": f"text {n}", "id": n} for n in range(40)))
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, held, droppedAttributesCount=3)])
    assert found.contexts == tuple(f"text {n}" for n in range(40))


def test_jaeger_and_bare_attributes_are_read(tmp_path: Path) -> None:
    """Two more shapes in which spans leave a system."""
    tags = [{"key": key, "type": "string", "value": value} for key, value in CHAIN.items()]
    jaeger = {
        "traceID": TRACE,
        "spanID": ROOT,
        "operationName": "ask",
        "startTime": 1_736_935_200_000_000,
        "duration": 2_000_000,
        "tags": tags,
    }
    found = exchange(tmp_path, {"data": [{"traceID": TRACE, "spans": [jaeger], "processes": {}}]})
    assert (found.question, found.latency_s, found.asked_at) == ("Who?", 2.0, 1_736_935_200.0)
    bare = exchange(tmp_path, CHAIN)
    assert (bare.question, bare.trace_id) == ("Who?", None)


def test_shapes_that_leave_out_what_others_have(tmp_path: Path) -> None:
    """Attributes as a JSON text, observations that do not name their trace, spans without a trace."""
    text = {"context": {"traceId": TRACE, "spanId": ROOT}, "spanKind": "chain", "attributes": json.dumps(CHAIN)}
    assert exchange(tmp_path, {"data": {"spans": {"edges": [{"node": text}]}}}).question == "Who?"
    observation = {"id": "o", "type": "GENERATION", "input": [{"role": "user", "content": "Who?"}], "output": "Me."}
    found = exchange(tmp_path, {"id": "t", "name": "x", "observations": [observation]})
    assert (found.dialect, found.question, found.response) == ("langfuse", "Who?", "Me.")
    lone = [{"name": "a", "attributes": CHAIN, "events": []}, {"name": "b", "attributes": CHAIN, "events": []}]
    assert len(read(tmp_path, lone)) == 2
