"""Settings name what no rule can know."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces
from rag_eval.traces import SpanSettings, span_settings

PASSAGE = "The outdoor pool is heated to 27 degrees, warm enough for all, and does close at 21:00."
OTHER = "Breakfast is served from 7:00 until 10:30 in the Harbour Room, every day but on Sundays."


def span(key: int, parent: int | None, name: str, **attributes: Any) -> dict[str, Any]:
    """A span on its own; underscores twice are dots."""
    named = {each.replace("__", "."): value for each, value in attributes.items()}
    own = {
        "traceId": "ab" * 16,
        "spanId": f"{key:016x}",
        "name": name,
        "startTimeUnixNano": key * 10**18,
        "attributes": named,
    }
    return own if parent is None else {**own, "parentSpanId": f"{parent:016x}"}


SPANS = [
    span(1, None, "pipeline", input__value="a b c", output__value="internal state", app__asked="How warm is it?"),
    span(2, 1, "lookup", output__value=json.dumps([PASSAGE, OTHER])),
    span(3, 1, "search", openinference__span__kind="RETRIEVER", output__value=json.dumps(["noise"])),
    span(4, 1, "writer", openinference__span__kind="LLM", input__value=PASSAGE, output__value="27 degrees."),
]


def exchange(folder: Path, settings: SpanSettings) -> traces.Exchange:
    """The only exchange in the trace under some settings."""
    path = folder / "t.json"
    path.write_text(json.dumps(SPANS))
    (read,) = traces.read(str(path), spans=settings)
    assert isinstance(read, traces.Exchange), read
    return read


@pytest.mark.parametrize(
    ("settings", "question", "answer", "contexts"),
    [
        (SpanSettings(), "a b c", "internal state", ("noise",)),
        (SpanSettings(question="app.asked"), "How warm is it?", "internal state", ("noise",)),
        (SpanSettings(answer="writer"), "a b c", "27 degrees.", ("noise",)),
        (SpanSettings(retriever="lookup"), "a b c", "internal state", (PASSAGE,)),
        (SpanSettings(retriever="lookup", contexts="retrieved"), "a b c", "internal state", (PASSAGE, OTHER)),
        (SpanSettings("nowhere", "nowhere", "nowhere"), "a b c", "internal state", ("noise",)),
    ],
)
def test_what_a_setting_names_is_meant(
    tmp_path: Path, settings: SpanSettings, question: str, answer: str, contexts: tuple[str, ...]
) -> None:
    """What it names and a trace does not have changes nothing."""
    read = exchange(tmp_path, settings)
    assert (read.question, read.response, read.contexts) == (question, answer, contexts)


def test_settings_end_with_the_reading() -> None:
    """Also where it fails."""
    settings = SpanSettings(answer="x")

    def read() -> None:
        with span_settings.using(settings):
            assert span_settings.current() is settings
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        read()
    assert span_settings.current() == SpanSettings()
