"""Google's ADK: what a tool returned is read as a result by itself and out of an event."""

import json
from typing import Any

import pytest

from rag_eval.traces.dialects.adk import DIALECT

PASSAGES = [{"id": "a", "text": "A.", "score": 0.5}]


@pytest.mark.parametrize(
    "returned",
    [
        {"result": PASSAGES},
        {"documents": PASSAGES},
        {"content": {"parts": [{"function_response": {"name": "search", "response": {"result": PASSAGES}}}]}},
    ],
)
def test_what_a_tool_returned_is_brought_along(returned: Any) -> None:
    """By whatever version."""
    attributes = {"gcp.vertex.agent.tool_response": json.dumps(returned), "gcp.vertex.agent.llm_request": "{}"}
    fields = DIALECT.describe(attributes, ())
    assert fields["kind"] == "TOOL"
    assert [(each.id, each.text) for each in fields["carried"]] == [("a", "A.")]


def test_content_that_was_left_out_is_none() -> None:
    """`{}` stands in its place."""
    attributes = {"gcp.vertex.agent.llm_request": "{}", "gcp.vertex.agent.llm_response": "{}"}
    assert DIALECT.describe(attributes, ()) == {"conversation": None}
