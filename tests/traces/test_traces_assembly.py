"""The spans of a trace become one exchange, or the reason why there is none."""

import json
from pathlib import Path
from typing import Any

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


def skipped(folder: Path, value: Any) -> traces.SkippedTrace:
    """The only thing in it, which is none."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.SkippedTrace), found
    return found


def documents(*held: dict[str, Any], prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents as OpenInference flattens them."""
    return {f"{prefix}.{n}.document.{name}": one for n, each in enumerate(held) for name, one in each.items()}


def retriever(*held: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A retriever below the root."""
    return span(
        CHILD, ROOT, {"openinference.span.kind": "RETRIEVER", "input.value": "Who?", **documents(*held)}, **more
    )


def test_what_a_reranker_kept_is_what_the_model_saw(tmp_path: Path) -> None:
    """In its order; texts that it did not record come from the retriever by id."""
    kept = documents({"id": "b", "score": 0.9}, {"id": "a", "score": 0.1}, prefix="reranker.output_documents")
    ranked = span(OTHER, ROOT, {"openinference.span.kind": "RERANKER", "reranker.query": "Who?", **kept})
    found = exchange(tmp_path, [
        span(ROOT, None, CHAIN),
        ranked,
        retriever({"id": "a", "content": "A"}, {"id": "b", "content": "B"}, {"id": "c", "content": "C"}),
    ])  # fmt: skip
    assert (found.contexts, found.context_ids, found.context_scores) == (("B", "A"), ("b", "a"), (0.9, 0.1))


def test_a_retriever_that_calls_another_is_heard_alone(tmp_path: Path) -> None:
    """What the inner one brings, the outer one sifts."""
    inner = {"openinference.span.kind": "RETRIEVER", **documents({"content": "A"}, {"content": "B"})}
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), retriever({"content": "A"}), span(OTHER, CHILD, inner)])
    assert found.contexts == ("A",)


def test_several_searches_bring_each_passage_once(tmp_path: Path) -> None:
    """In the order of the searches."""
    second = {"openinference.span.kind": "RETRIEVER", **documents({"content": "B"}, {"content": "C"})}
    found = exchange(tmp_path, [
        span(ROOT, None, CHAIN, startTimeUnixNano=1),
        retriever({"content": "A"}, {"content": "B"}, startTimeUnixNano=2),
        span(OTHER, ROOT, second, startTimeUnixNano="3"),
    ])  # fmt: skip
    assert found.contexts == ("A", "B", "C")


def test_a_question_may_stand_below_the_server_span(tmp_path: Path) -> None:
    """Frameworks put a span of HTTP around the one that knows the question; the time is the outer one's."""
    outer = span(
        ROOT, "ffffffffffffffff", {"http.route": "/ask"}, startTimeUnixNano=10**18, endTimeUnixNano=10**18 + 5 * 10**9
    )
    found = exchange(tmp_path, [span(CHILD, ROOT, CHAIN), outer])
    assert (found.question, found.response, found.latency_s) == ("Who?", "Me.", 5.0)


def test_an_augmented_prompt_is_not_the_question(tmp_path: Path) -> None:
    """Where a prompt holds what was retrieved, what it calls its question is meant, else what was searched for."""
    text = "The harbour office opens at eight in the morning, every day."
    prompt = f"Use this:\n{text}\n\nQuestion: When does it open?\nAnswer:"
    model = span(
        ROOT, None, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": [{"role": "user", "content": prompt}]}
    )
    held = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.documents": json.dumps([{"id": 1, "content": text}]),
    }
    assert exchange(tmp_path, [model, span(CHILD, ROOT, held)]).question == "When does it open?"
    searched = {**held, "gen_ai.retrieval.query.text": "opening time?"}
    found = exchange(tmp_path, [model, span(CHILD, ROOT, searched)])
    assert (found.question, found.metadata["question_from"]) == ("When does it open?", "prompt")
    unmarked = {"role": "user", "content": prompt.replace("Question: ", "").replace("\nAnswer:", "")}
    bare = span(ROOT, None, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": [unmarked]})
    found = exchange(tmp_path, [bare, span(CHILD, ROOT, searched)])
    assert (found.question, found.metadata["question_from"]) == ("opening time?", "query")


def test_content_that_was_never_recorded_is_said(tmp_path: Path) -> None:
    """It is opt-in; the message names the setting."""
    found = skipped(tmp_path, [span(ROOT, None, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})])
    assert found.reason == "no_content"
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in found.message


def test_blacked_out_questions_are_said(tmp_path: Path) -> None:
    """OpenInference can hide inputs."""
    assert skipped(tmp_path, [span(ROOT, None, {**CHAIN, "input.value": "__REDACTED__"})]).reason == "redacted"


def test_other_traces_are_told_apart(tmp_path: Path) -> None:
    """A request for health and a tool by itself are no exchanges, for different reasons."""
    assert skipped(tmp_path, [span(ROOT, None, {"http.route": "/health"})]).reason == "not_rag"
    tool = {"openinference.span.kind": "TOOL", "input.value": '{"city": "Paris"}', "output.value": "rain"}
    assert skipped(tmp_path, [span(ROOT, None, tool)]).reason == "no_question"
    assert skipped(tmp_path, {"resourceMetrics": []}).reason == "not_a_trace"
    assert skipped(tmp_path, {"resourceSpans": []}).reason == "no_spans"


def test_an_answer_that_failed_is_none(tmp_path: Path) -> None:
    """The question is one that production asked; why there is no answer is kept."""
    failed = span(ROOT, None, {"input.value": "Who?"}, status={"code": 2, "message": "timeout"})
    model = span(CHILD, ROOT, {"openinference.span.kind": "LLM", "output.value": "half an ans"})
    found = exchange(tmp_path, [failed, model])
    assert (found.response, found.metadata["error"]) == (None, "timeout")


def test_a_streamed_answer_is_found_in_the_model(tmp_path: Path) -> None:
    """Where the root recorded no output, the model that spoke last has it."""
    models = [
        span(key, ROOT, {"openinference.span.kind": "LLM", "output.value": said}, endTimeUnixNano=end)
        for key, said, end in ((CHILD, "second", 2 * 10**18), (OTHER, "first", 10**18))
    ]
    assert exchange(tmp_path, [span(ROOT, None, {"input.value": "Who?"}), *models]).response == "second"


def test_a_span_that_was_exported_twice_is_one(tmp_path: Path) -> None:
    """Exports overlap; of a span that was written before it ended, the later says more."""
    begun = span(ROOT, None, {"input.value": "Who?"})
    found = exchange(
        tmp_path, [begun, span(ROOT, None, CHAIN), retriever({"content": "A"}), retriever({"content": "A"})]
    )
    assert (found.response, found.contexts) == ("Me.", ("A",))


def test_spans_that_are_their_own_parents_end(tmp_path: Path) -> None:
    """A circle of parents is somebody's bug, and not a hang."""
    found = exchange(tmp_path, [span(ROOT, CHILD, CHAIN), span(CHILD, ROOT, {}), span(OTHER, OTHER, {})])
    assert found.question == "Who?"


def test_a_search_that_failed_is_not_one_that_found_nothing(tmp_path: Path) -> None:
    """Its passages are not known; one that ended well and wrote nothing down found nothing."""
    failed = {"status": {"code": 2, "message": "IndexError: gone"}}
    root = span(ROOT, None, {"input.value": "Who?"}, **failed)
    kind = {"openinference.span.kind": "RETRIEVER", "input.value": "Who?"}
    read = exchange(tmp_path, [root, span(CHILD, ROOT, kind, **failed)])
    assert (read.contexts, read.metadata["error"]) == (None, "IndexError: gone")
    assert exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, kind)]).contexts == ()


def test_conversations_in_one_trace_are_numbered_apart(tmp_path: Path) -> None:
    """Whoever shares a trace id."""
    spans = [
        span(key, None, {**CHAIN, "input.value": question, "session.id": session}, startTimeUnixNano=n * 10**18)
        for n, (key, question, session) in enumerate(
            ((ROOT, "a?", "s"), (CHILD, "b?", "t"), (OTHER, "c?", "t")), start=1
        )
    ]
    read = [each for each in traces.read(_written(tmp_path, spans)) if isinstance(each, traces.Exchange)]
    assert [(each.question, each.conversation, each.turn) for each in read] == [
        ("a?", "s", 1),
        ("b?", "t", 1),
        ("c?", "t", 2),
    ]


def _written(folder: Path, value: Any) -> str:
    path = folder / "t.json"
    path.write_text(json.dumps(value))
    return str(path)
