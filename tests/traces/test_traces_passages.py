"""What was retrieved is read out of every framework's documents, and nothing is not unknown."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag_eval import traces
from rag_eval.traces import passages
from rag_eval.traces.span import RetrievedDocument

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


def documents(*held: dict[str, Any], prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents as OpenInference flattens them."""
    return {f"{prefix}.{n}.document.{name}": one for n, each in enumerate(held) for name, one in each.items()}


def retriever(*held: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A retriever below the root."""
    return span(
        CHILD, ROOT, {"openinference.span.kind": "RETRIEVER", "input.value": "Who?", **documents(*held)}, **more
    )


def test_documents_without_text_keep_their_ids(tmp_path: Path) -> None:
    """OpenTelemetry demands an id and a score only; the texts are then unknown, not empty."""
    held = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.documents": [{"id": "a", "score": 0.5}, {"id": 7, "score": 1}],
    }
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, held)])
    assert (found.contexts, found.context_ids, found.context_scores) == (None, ("a", "7"), (0.5, 1.0))


def test_some_documents_without_text_are_said(tmp_path: Path) -> None:
    """The ids are all there, the texts those that are, and the rest is counted."""
    found = exchange(
        tmp_path, [span(ROOT, None, CHAIN), retriever({"id": "a", "content": "A"}, {"id": "b", "score": 1.0})]
    )
    assert (found.contexts, found.context_ids) == (("A",), ("a", "b"))
    assert found.metadata["documents_without_text"] == 1


def test_nothing_retrieved_is_not_unknown(tmp_path: Path) -> None:
    """An empty list means that the retriever found nothing."""
    empty = {"openinference.span.kind": "RETRIEVER", "output.value": '{"documents": []}'}
    assert exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, empty)]).contexts == ()
    unknown = {"openinference.span.kind": "RETRIEVER"}
    assert exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, unknown)]).contexts is None


def test_an_answer_may_bring_its_contexts(tmp_path: Path) -> None:
    """Where no retriever was traced, what the service returned beside its answer is what it retrieved."""
    said = {"answer": "Me.", "contexts": ["A", {"page_content": "B", "metadata": {}}], "confidence": 0.75}
    run = {
        "id": "r",
        "trace_id": "r",
        "run_type": "chain",
        "inputs": {"input": "Who?", "chat_history": []},
        "outputs": said,
    }
    found = exchange(tmp_path, run)
    assert (found.response, found.contexts, found.confidence) == ("Me.", ("A", "B"), 0.75)


def test_documents_of_every_framework_are_read(tmp_path: Path) -> None:
    """LangChain's, LlamaIndex', vector stores', and pairs of document and score."""
    forms: list[Any] = [
        [
            {
                "lc": 1,
                "type": "constructor",
                "id": ["Document"],
                "kwargs": {"page_content": "A", "metadata": {"id": "1"}},
            }
        ],
        {"nodes": [{"node": {"id_": "1", "text": "A", "class_name": "TextNode"}, "score": 0.5}]},
        [{"node": {"__data__": {"id_": "1", "text_resource": {"text": "A"}}}, "score": 0.5}],
        {"matches": [{"id": "1", "score": 0.5, "metadata": {"text": "x"}, "text": "A"}]},
        [[{"page_content": "A", "metadata": {"doc_id": 1}}, 0.5]],
        [{"document": {"id": "1", "content": "A"}, "score": 0.5}],
        [json.dumps({"id": "1", "text": "A"})],
    ]
    for form in forms:
        held = {"openinference.span.kind": "RETRIEVER", "output.value": json.dumps(form)}
        found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, held)])
        assert (found.contexts, found.context_ids) == (("A",), ("1",)), form


PASSAGES = [{"id": "d1", "content": "A", "score": 1.0}]


@pytest.mark.parametrize(
    "value",
    [
        PASSAGES,
        json.dumps(PASSAGES),
        repr(PASSAGES),
        {"outputs": {"answer": "Me.", "docs": [{"lc": 1, "kwargs": {"page_content": "A", "id": "d1"}}]}},
        {"type": "tool", "data": {"content": json.dumps(PASSAGES), "type": "tool"}},
        {"output": {"lc": 1, "id": ["x", "ToolMessage"], "kwargs": {"content": json.dumps(PASSAGES)}}},
        {"blocks": [{"text": repr(PASSAGES)}], "tool_name": "search"},
    ],
)
def test_passages_that_a_step_returned_are_known(value: Any) -> None:
    """As a list, in an object, in a tool's message, as JSON or as Python prints them."""
    assert [(each.id, each.text) for each in passages.carried_documents(value) or ()] == [("d1", "A")]


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 1, "name": "order"}],
        [{"role": "user", "content": "Who?", "id": "1"}],
        ["a", "b"],
        {"sources": ["a.md", "b.md"]},
        ["<NodeWithScore(node=TextNode(id_=d3), score=0.6)>"],
        "A",
    ],
)
def test_other_lists_are_no_passages(value: Any) -> None:
    """Orders, messages, names of files, printed objects."""
    assert passages.carried_documents(value) is None


def test_an_empty_list_says_that_there_was_nothing() -> None:
    """As all that was returned, or under a name."""
    assert passages.carried_documents([]) == passages.carried_documents({"documents": []}) == ()


def test_what_a_step_was_given_is_known_by_its_names() -> None:
    """Such as DSPy's `context`; a joined text is no list."""
    given = passages.given_documents({"args": [], "kwargs": {"context": ["A"], "question": "Who?"}})
    assert [each.text for each in given or ()] == ["A"]
    assert passages.given_documents({"context": "A\nB", "question": "Who?"}) is None


def test_ids_come_from_wherever_the_same_text_has_one() -> None:
    """One that a passage has itself stays."""
    bare, known = RetrievedDocument("A"), RetrievedDocument("A", "d1", 0.5)
    own = RetrievedDocument("A", "x")
    assert passages.with_known_ids((bare, own), [bare, known]) == (known, own)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Found:\n===== Document 0 =====\nA.\n\n===== Document 1 =====\nB.", ["A.", "B."]),
        ("--- Passage 1 ---\nA.\n--- Passage 2: ---\nB.", ["A.", "B."]),
        ("===== Document 0 =====\nA.\n===== Document 2 =====\nB.", None),
        ("===== Document 7 =====\nA.", None),
        ("A.\n\nB.", None),
    ],
)
def test_a_text_of_a_tool_is_cut_where_it_numbers_its_passages(text: str, texts: list[str] | None) -> None:
    """In their order and from the first; an answer that cites its sources so is no retrieval."""
    found = passages.of_tool(text)
    assert (None if found is None else [each.text for each in found]) == texts
    assert passages.carried_documents(text) is None
