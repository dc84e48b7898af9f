"""Files as RAGAs' peers write them: what is right stands in the cases, what is not used is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, Tally, items

Save = Callable[[str, str | bytes], Path]


def _read(path: Path, **settings: Any) -> tuple[list[Item], Tally]:
    tally = Tally()
    read = list(items(config.DatasetConfig(path=str(path), **settings), tally))
    assert not [str(problem) for problem in read if isinstance(problem, RowProblem)]
    return [item for item in read if isinstance(item, Item)], tally


def _rows(save: Save, rows: list[dict[str, Any]]) -> list[Item]:
    return _read(save("rows.jsonl", "\n".join(map(json.dumps, rows))))[0]


FLAT = [
    {"id": "a", "context": "The lamp was lit in 1871.", "question": "When was it lit?"},
    {"id": "b", "context": "The lamp was lit in 1871.", "question": "Who lit it?"},
]


ANSWERS: list[tuple[Any, Any]] = [
    ({"text": ["1871", "in 1871"], "answer_start": [20, 17]}, {"text": [], "answer_start": []}),
    ([{"text": "1871", "answer_start": 20}], []),
    (["1871", "in 1871"], []),
    ('{"text": ["1871"], "answer_start": [20]}', '{"text": [], "answer_start": []}'),
    ("{'text': ['1871'], 'answer_start': [20]}", "{'text': [], 'answer_start': []}"),
]


def _checked(read: list[Item]) -> None:
    first, second = (item.case for item in read)
    assert (first.id, first.reference, first.answerable) == ("a", "1871", True)
    assert first.reference_contexts == ("The lamp was lit in 1871.",)
    assert (second.reference, second.answerable) == (None, False)


@pytest.mark.parametrize(("some", "none"), ANSWERS, ids=["columns", "objects", "texts", "cell", "cell of pandas"])
def test_squad_in_rows(save: Save, some: Any, none: Any) -> None:
    """However the answers of a row are written."""
    _checked(_rows(save, [{**FLAT[0], "answers": some}, {**FLAT[1], "answers": none}]))


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"input": "Q?", "expected_output": "R", "context": ["c"], "actual_output": None}, "R"),
        ({"qid": "1", "query": "Q?", "generation_gt": [["R", "S"]], "retrieval_gt": [["d,1"], ["d2"]]}, "R"),
        ({"inputs": {"question": "Q?"}, "expectations": {"expected_facts": ["It is R", "So!"]}}, "It is R. So!"),
        ({"inputs": {"question": "Q?"}, "outputs": {"answer": "A"}, "reference_outputs": {"answer": "R"}}, "R"),
        ({"inputs": {"q": "Q?"}, "outputs": {"messages": [{"role": "ai", "content": "R"}]}}, "R"),
        ({"vars": {"question": "Q?"}, "assert": [{"type": "javascript"}, {"type": "similar", "value": "R"}]}, "R"),
        ({"input": "Q?", "expected": "R", "output": "A"}, "R"),
        ({"question": "Q?", "answer": {"value": "R", "aliases": ["r"]}}, "R"),
        ({"Question": "Q?", "Answer": {"Value": "R", "Aliases": ["r"]}}, "R"),
        ({"question": "Q?", "label": "R"}, "R"),
        ({"question": "Q?", "label": 1}, None),
        ({"question": "Q?", "contexts": ["c"], "answer": "A", "label": "faithful"}, None),
    ],
)  # fmt: skip
def test_the_reference_of_peers(save: Save, row: dict[str, Any], reference: str | None) -> None:
    """DeepEval, AutoRAG, MLflow, LangSmith, promptfoo, Braintrust and TriviaQA; a label only where nothing else is."""
    (item,) = _rows(save, [row])
    assert (item.case.user_input, item.case.reference) == ("Q?", reference)
    if "retrieval_gt" in row:
        assert item.case.reference_context_ids == ("d,1", "d2")
    if "context" in row:
        assert item.case.reference_contexts == ("c",)


def test_assertions_of_promptfoo(save: Save) -> None:
    """The one that says most wholly what is right is the reference; those that say nothing of it are counted."""
    lines = [
        "question,__expected1,__expected2",
        "1,javascript: output.length > 3,similar(0.8): A",
        "2,contains: part,equals: whole",
        "3,Note: a plain text,",
        "4,llm-rubric: is polite,not-contains: x",
        '5,"contains-all: six, seven",',
    ]
    read, tally = _read(save("tests.csv", "\n".join(lines)))
    assert [item.case.reference for item in read] == ["A", "whole", "Note: a plain text", None, "six, seven"]
    (remark,) = tally.account({}).remarks("options")
    assert remark.startswith("__expected: 3 assertions say nothing of a right answer (javascript, llm-rubric, not-con")
    assert read[3].case.metadata["__expected1"] == "llm-rubric: is polite"


def test_contexts_of_deepeval_in_a_table(save: Save) -> None:
    """What it writes parts contexts by bars, what it reads by semicolons; in another table they are what they are."""
    columns = "input,actual_output,expected_output,retrieval_context,context"
    parts = {"a|b": ("a", "b"), "a.;b.": ("a.", "b."), "a; b": ("a; b",)}
    for cell, contexts in parts.items():
        (item,), _ = _read(save("goldens.csv", f"{columns}\nQ?,,R,,{cell}\n"))
        assert item.case.reference_contexts == contexts
    (item,), _ = _read(save("other.csv", "question,context\nQ?,a|b\n"))
    assert item.case.reference_contexts == ("a|b",)


def test_annotations_of_label_studio(save: Save) -> None:
    """Texts go before choices; what was cancelled does not count; without annotations there is no reference."""
    made = {"result": [{"value": {"choices": ["good"]}}, {"value": {"text": ["R"]}}]}
    cancelled = {"was_cancelled": True, "result": [{"value": {"text": ["wrong"]}}]}
    tasks = [
        {"id": 1, "data": {"question": "Q?", "text": "c"}, "annotations": [cancelled, made]},
        {"id": 2, "data": {"question": "P?"}, "annotations": []},
    ]
    read, _ = _read(save("export.json", json.dumps(tasks)))
    assert [(item.case.user_input, item.case.reference) for item in read] == [("Q?", "R"), ("P?", None)]
    assert read[0].case.reference_contexts == ("c",)


def test_what_is_no_context_is_none(save: Save) -> None:
    """A column `context` of another shape, as HotpotQA has it, is kept as metadata and listed as not used."""
    for context in ([["Title", ["One.", "Two."]]], {"title": ["T"], "sentences": [["One."]]}):
        path = save("hotpot.jsonl", json.dumps({"question": "Q?", "answer": "yes", "context": context}))
        (item,), tally = _read(path)
        assert (item.case.reference, item.case.reference_contexts) == ("yes", None)
        assert tally.account({}).unused == ("context",)


@pytest.mark.parametrize(
    ("row", "case"),
    [
        ({"Question #": "1", "Question": "Q?", "Answer": "R"}, ("Q?", "R", None)),
        ({"instruction": "Q?", "input": "", "output": "R"}, ("Q?", "R", None)),
        ({"instruction": "Answer briefly.", "input": "Q?", "output": "R"}, ("Q?", "R", None)),
        ({"question": "Q?", "contexts": ["c"], "ground_truth": "R", "evolution_type": "simple"}, ("Q?", "R", ("c",))),
        (
            {"query": "Q?", "expected_response": "R", "expected_chunks": [{"text": "c", "score": 1}]},
            ("Q?", "R", ("c",)),
        ),
        ({"id": "1", "input": {"question": "Q?"}, "expectedOutput": {"answer": "R"}}, ("Q?", "R", None)),
        ({"input": '{"question": "Q?"}', "output": '{"answer": "R"}', "metadata": "{}"}, ("Q?", "R", None)),
        (
            {"vars": {"question": "Q?", "context": "c"}, "assert": [{"type": "equals", "value": "R"}]},
            ("Q?", "R", ("c",)),
        ),
    ],
)
def test_rows_of_more_tools(save: Save, row: dict[str, Any], case: tuple[Any, ...]) -> None:
    """Alpaca, test sets of RAGAs 0.1, TruLens, Langfuse, Phoenix, promptfoo; numbers of questions beside them."""
    (item,) = _rows(save, [row])
    assert (item.case.user_input, item.case.reference, item.case.reference_contexts) == case


def test_llamaindex_s_queries(save: Save) -> None:
    """Queries, corpus and what is relevant, by ids."""
    content = {"queries": {"q": "Q?"}, "corpus": {"d": "c", "e": "x"}, "relevant_docs": {"q": ["d"]}, "mode": "text"}
    ((item,), _) = _read(save("a.json", json.dumps(content)))
    case = item.case
    assert (case.id, case.user_input, case.reference_context_ids, case.reference_contexts) == (
        "q",
        "Q?",
        ("d",),
        ("c",),
    )


@pytest.mark.parametrize(
    ("more", "retrieved"),
    [({"response": "A", "ground_truth": "R"}, ("c",)), ({"ground_truth": "R"}, None), ({"response": "A"}, None)],
    ids=["Azure", "no answer", "nothing that is right"],
)
def test_a_context_beside_an_answer_and_what_is_right_was_retrieved(
    save: Save, more: dict[str, Any], retrieved: tuple[str, ...] | None
) -> None:
    """As Azure's evaluation has it; elsewhere a question was made of it."""
    (item,) = _rows(save, [{"query": "Q?", "context": "c", **more}])
    assert item.answer.retrieved_contexts == retrieved
    assert item.case.reference_contexts == (None if retrieved else ("c",))
