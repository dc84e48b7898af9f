"""What Haystack's own tracer writes."""

import json
from typing import Any

import pytest

from rag_eval.traces.dialects import haystack

DOCUMENTS = {"documents": [{"id": "d1", "content": "A", "score": 0.9, "file": "d1.md"}]}
REPLY = {
    "role": "assistant",
    "content": [{"text": "Me."}],
    "meta": {"model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 1}},
}


def described(**attributes: Any) -> dict[str, Any]:
    """Fields of a span with these attributes beneath `haystack.`."""
    named = {
        f"haystack.{name.replace('__', '.')}": each if isinstance(each, str) else json.dumps(each)
        for name, each in attributes.items()
    }
    return haystack.DIALECT.describe(named, ())


def test_a_pipeline_was_asked_what_its_components_were() -> None:
    """And answered what its generator did."""
    data = {"retriever": {"query": "rewritten?"}, "prompt": {"question": "Who is it?"}}
    fields = described(
        pipeline__input_data=data, pipeline__output_data={"retriever": DOCUMENTS, "llm": {"replies": [REPLY]}}
    )
    assert (fields["kind"], fields["question"], fields["answer"]) == ("CHAIN", "Who is it?", "Me.")
    assert [each.id for each in fields["carried"]] == ["d1"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("InMemoryBM25Retriever", "RETRIEVER"),
        ("TransformersSimilarityRanker", "RERANKER"),
        ("OpenAIChatGenerator", "LLM"),
        ("SentenceTransformersTextEmbedder", "EMBEDDING"),
        ("Agent", "AGENT"),
        ("ChatPromptBuilder", "PARSER"),
    ],
)
def test_a_component_plays_the_part_that_its_class_is_called_after(name: str, kind: str) -> None:
    """There is no other word for it."""
    assert described(component__type=name)["kind"] == kind


def test_components_have_what_they_gave_out() -> None:
    """Passages of a retriever, tokens and model of a generator; a builder asks nothing."""
    retriever = described(component__type="R Retriever", component__input={"query": "q"}, component__output=DOCUMENTS)
    assert (retriever["query"], [each.text for each in retriever["documents"]]) == ("q", ["A"])
    model = described(component__type="Generator", component__output={"replies": [REPLY]})
    assert (model["answer"], model["model"], model["input_tokens"]) == ("Me.", "m", 3)
    older = described(component__type="Generator", component__output={"replies": ["Me."], "meta": [{"model": "m"}]})
    assert (older["answer"], older["model"]) == ("Me.", "m")
    assert described(component__type="Builder", component__input={"question": "Who?"})["question"] is None
    assert haystack.DIALECT.describe({"other": 1}, ()) == {}
