"""Langfuse's exports are read with what stands in their metadata, and those of older versions."""

import json
from pathlib import Path
from typing import Any

from rag_eval import traces


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


def test_langfuse_has_openinference_in_its_metadata(tmp_path: Path) -> None:
    """Frameworks that are traced over OpenTelemetry leave their documents there; values are texts."""
    attributes = {"openinference.span.kind": "RETRIEVER", **documents({"content": "A", "id": "1", "score": "0.5"})}
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": '"Who?"', "output": '"Me."'}
    child = {
        "id": "o", "traceId": "t", "parentObservationId": None, "type": "SPAN", "startTime": "2025-01-15T10:00:00Z",
        "input": None, "output": None, "metadata": json.dumps({"attributes": attributes, "scope": {}}),
    }  # fmt: skip
    found = exchange(tmp_path, {"trace": {**trace, "observations": [child]}, "observations": [child]})
    assert (found.contexts, found.context_ids, found.context_scores) == (("A",), ("1",), (0.5,))


def test_older_langfuse_only_names_its_retrievers(tmp_path: Path) -> None:
    """A span that is called one and returns documents is one."""
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": "Who?", "output": "Me."}
    child = {"id": "o", "traceId": "t", "parentObservationId": None, "type": "SPAN", "output": [{"page_content": "A"}]}
    held = {**trace, "observations": [{**child, "name": "retrieve-docs"}]}
    assert exchange(tmp_path, held).contexts == ("A",)
    assert (
        exchange(tmp_path, {**held, "observations": [{**child, "name": "format", "output": [{"name": "A"}]}]}).contexts
        is None
    )
