"""Columns are known by the field's names, in any spelling."""

import json
from typing import Any

import pytest

from rag_eval.dataset.mapping import apply, mapping


def _found(row: dict[str, Any], **fields: str) -> dict[str, Any]:
    return apply(mapping(fields), row)


@pytest.mark.parametrize(
    "row",
    [
        {"user_input": "Q", "response": "A", "reference": "R", "retrieved_contexts": ["c"]},
        {"question": "Q", "answer": "A", "ground_truth": "R", "contexts": ["c"]},
        {"question": "Q", "answer": "A", "ground_truths": ["R", "other"], "contexts": ["c"]},
        {"input": "Q", "actual_output": "A", "expected_output": "R", "retrieval_context": ["c"]},
        {"query": "Q", "response": "A", "gt_answer": "R", "retrieved_contexts": [{"text": "c"}]},
        {
            "inputs": {"question": "Q"},
            "outputs": {"answer": "A"},
            "reference_outputs": {"answer": "R"},
            "contexts": ["c"],
        },
        {
            "inputs": {"messages": [{"role": "user", "content": "Q"}]},
            "outputs": "A",
            "expectations": {"expected_response": "R"},
            "contexts": ["c"],
        },
    ],
)
def test_the_names_of_the_field_are_known(row: dict[str, Any]) -> None:
    """RAGAs old and new, DeepEval, promptfoo, LangSmith and MLflow say the same thing in other words."""
    found = _found(row)
    said = {name: found[name] for name in ("user_input", "response", "reference", "retrieved_contexts")}
    assert said == {"user_input": "Q", "response": "A", "reference": "R", "retrieved_contexts": ("c",)}


@pytest.mark.parametrize(
    "headers",
    [
        ("Question ", "Ground Truth", "Reference Contexts"),
        ("\ufeffquestion", "groundTruth", "referenceContexts"),
        ("QUESTION", "ground-truth", "reference contexts"),
        ("User Input", "Reference Answer", "Gold-Contexts"),
    ],
)
def test_names_are_known_in_any_spelling(headers: tuple[str, str, str]) -> None:
    """Case, spaces, hyphens, camel case and marks make no other column of one; an exact name goes before a near one."""
    found = _found(dict(zip(headers, ("Q", "R", ["c"]), strict=True)))
    assert (found["user_input"], found["reference"], found["reference_contexts"]) == ("Q", "R", ("c",))
    assert found["metadata"] == {}
    found = _found({"Question": "near", "question": "exact"})
    assert (found["user_input"], found["metadata"]) == ("exact", {"Question": "near"})


@pytest.mark.parametrize("column", ["gold-answer", "gold (en)", "gold_answer text", "answers[0]", "a.b", "Réponse 2"])
def test_a_column_is_found_by_its_very_name(column: str) -> None:
    """Also by one that is no JMESPath, or would be another one."""
    row = {"question": "Q", column: "R", "answers": ["wrong"], "a": {"b": "wrong"}}
    assert _found(row, reference=column)["reference"] == "R"
    assert _found(row, reference=json.dumps(column, ensure_ascii=False))["reference"] == "R"
