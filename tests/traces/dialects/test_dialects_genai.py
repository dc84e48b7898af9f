"""OpenTelemetry's conventions for generative AI, today's and older ones, say the same."""

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
