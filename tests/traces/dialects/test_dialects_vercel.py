"""Vercel's AI SDK: the whole call, the calls of the model in it, and tools."""

from typing import Any

import pytest

from rag_eval.traces.dialects.vercel import DIALECT


@pytest.mark.parametrize(
    ("operation", "attributes", "kind", "answer"),
    [
        ("ai.generateText", {"ai.prompt": '{"prompt": "Who?"}', "ai.response.text": "Me."}, "CHAIN", "Me."),
        ("ai.streamText", {"ai.prompt": '{"prompt": "Who?"}', "ai.result.text": "Me."}, "CHAIN", "Me."),
        ("ai.generateText.doGenerate", {"ai.prompt.messages": '[{"role": "user", "content": "Who?"}]',
                                        "ai.response.text": "Me."}, "LLM", "Me."),
        ("ai.generateText.doGenerate", {"ai.prompt.messages": '[{"role": "user", "content": "Who?"}]',
                                        "ai.response.text": "I look.", "ai.response.toolCalls": '[{"toolName": "s"}]'},
         "LLM", None),
    ],
)  # fmt: skip
def test_each_operation_is_read(operation: str, attributes: dict[str, Any], kind: str, answer: str | None) -> None:
    """A call of a model that asked for a tool has no answer."""
    fields = DIALECT.describe({"ai.operationId": operation, **attributes}, ())
    assert (fields["kind"], fields["question"], fields["answer"]) == (kind, "Who?", answer)


def test_an_embedding_is_no_call_that_answers() -> None:
    """Its model is not the one that answered."""
    assert DIALECT.describe({"ai.operationId": "ai.embed.doEmbed", "ai.value": '"Who?"'}, ())["kind"] == "EMBEDDING"


@pytest.mark.parametrize("name", ["input.value", "ai.observability.record_root.input"])
def test_names_of_others_tell_nothing(name: str) -> None:
    """A span that is none of it is left to the next dialect; TruLens' names begin with `ai.` too."""
    assert DIALECT.describe({name: "Who?"}, ()) == {}
