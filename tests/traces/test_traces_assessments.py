"""Evaluations come by name, and what a person thought is told from what a machine found."""

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


def test_evaluations_come_by_name(tmp_path: Path) -> None:
    """Numbers are scores, words are labels, and a thumb of a user is an opinion."""
    held = {
        **CHAIN,
        "evaluations.0.evaluation.name": "relevance", "evaluations.0.evaluation.score": 0.5,
        "trace.evaluations.0.evaluation.name": "tone", "trace.evaluations.0.evaluation.label": "polite",
    }  # fmt: skip
    said = (
        {"gen_ai.evaluation.name": "Correct", "gen_ai.evaluation.score.value": 1},
        {"gen_ai.evaluation.name": "user feedback", "gen_ai.evaluation.score.label": "thumbs_down"},
    )
    events = [{"name": "gen_ai.evaluation.result", "attributes": each} for each in said]
    found = exchange(tmp_path, [span(ROOT, None, held, events=events)])
    assert found.scores == {"relevance": 0.5, "Correct": 1.0}
    assert found.metadata["labels"] == {"tone": "polite", "user feedback": "thumbs_down"}
    assert found.feedback == "bad"


@pytest.mark.parametrize(
    ("name", "value", "by", "opinion"),
    [
        ("correct", True, "HUMAN", "good"),
        ("correct", "no", "HUMAN", "bad"),
        ("correct", True, "LLM_JUDGE", None),
        ("star_rating", 2, "HUMAN", "bad"),
        ("star_rating", 3, "HUMAN", None),
        ("thumbs", -1, "CODE", "bad"),
    ],
)
def test_a_persons_word_is_an_opinion(tmp_path: Path, name: str, value: object, by: str, opinion: str | None) -> None:
    """A judge's is not; what is neither good nor bad is none."""
    assessment = {"assessment_name": name, "feedback": {"value": value}, "source": {"source_type": by}, "valid": True}
    stale = {**assessment, "feedback": {"value": 5}, "valid": False}
    info = {"trace_id": "tr-1", "state": "OK", "assessments": [assessment, stale], "request_preview": "x"}
    metadata = {"mlflow.traceInputs": '{"question": "Who?"}'}
    found = exchange(tmp_path, {"info": {**info, "trace_metadata": metadata}, "data": {"spans": []}})
    assert found.feedback == opinion
