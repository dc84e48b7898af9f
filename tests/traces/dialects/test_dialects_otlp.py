"""What OTLP carries beside spans finds its trace."""

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


def test_evaluations_as_logs_find_their_trace(tmp_path: Path) -> None:
    """The Collector writes them into lines of their own."""
    attributes = [
        {"key": "gen_ai.evaluation.name", "value": {"stringValue": "faithful"}},
        {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.25}},
    ]
    record = {"eventName": "gen_ai.evaluation.result", "traceId": TRACE.lower(), "attributes": attributes}
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    assert exchange(tmp_path, [log, span(ROOT, None, CHAIN)]).scores == {"faithful": 0.25}
    assert skipped(tmp_path, log).reason == "only_scores"
