"""OpenTelemetry's conventions for generative AI, today's and older ones, say the same."""

import json
from typing import Any

import pytest

from rag_eval.traces.dialects.genai import DIALECT

MESSAGES = '[{"role": "user", "parts": [{"type": "text", "content": "Who?"}]}]'


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        ({"gen_ai.operation.name": "chat", "gen_ai.input.messages": MESSAGES}, ()),
        ({"gen_ai.system": "x", "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Who?"}, ()),
        ({"gen_ai.system": "x"}, [("gen_ai.user.message", {"content": "Who?"})]),
        ({"gen_ai.system": "x"}, [("gen_ai.client.inference.operation.details", {"gen_ai.input.messages": MESSAGES})]),
    ],
)
def test_a_question_is_found_in_attributes_and_in_events(attributes: dict[str, Any], events: Any) -> None:
    """Content is where the instrumentation of the time put it."""
    fields = DIALECT.describe(attributes, events)
    assert (fields["kind"], fields["question"]) == ("LLM", "Who?")


def test_an_evaluation_is_an_event() -> None:
    """With a score and a label."""
    event = {
        "gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "so-so",
    }  # fmt: skip
    fields = DIALECT.describe({}, [("gen_ai.evaluation.result", event)])
    assert (fields["scores"], fields["labels"]) == ({"relevance": 0.5}, {"relevance": "so-so"})


def test_names_of_others_tell_nothing() -> None:
    """A span that is none of it is left to the next dialect."""
    assert DIALECT.describe({"input.value": "Who?"}, ()) == {}


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.tool.name": "search", "tool_response": '[{"id": "a", "text": "A.", "score": 1}]'},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": '[{"id": "a", "text": "A.", "score": 1}]'},
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.result": json.dumps([{"text": '[{"id": "a", "text": "A.", "score": 1}]'}]),
        },
    ],
)
def test_passages_that_a_tool_brought_are_read_in_each_way(attributes: dict[str, str]) -> None:
    """Also without the name of an operation, and as a part of a message."""
    fields = DIALECT.describe(attributes, ())
    assert fields["kind"] == "TOOL"
    assert [(each.id, each.text) for each in fields["carried"]] == [("a", "A.")]
