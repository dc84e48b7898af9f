"""What real captures do to whoever reads them."""

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


def test_a_lost_question_is_told_from_none(tmp_path: Path) -> None:
    """The SDK drops the oldest attributes beyond 128; the message names the setting."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 40)}
    found = skipped(tmp_path, [span(ROOT, None, lost, droppedAttributesCount="7")])
    assert found.reason == "attributes_dropped"
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in found.message
    assert "7" in found.message


def test_a_full_span_without_its_first_documents_has_lost_attributes(tmp_path: Path) -> None:
    """Some exporters leave the count out."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 133)}
    assert skipped(tmp_path, [span(ROOT, None, lost)]).reason == "attributes_dropped"


def test_contexts_that_lost_their_first_are_not_taken_for_all(tmp_path: Path) -> None:
    """The question is in the root; the retriever's first documents are gone, so its contexts are unknown."""
    lost = {f"retrieval.documents.{n}.document.content": "text" for n in range(5, 40)}
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, lost, droppedAttributesCount=7)])
    assert found.contexts is None
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in str(found.metadata["contexts_lost"])


def test_a_span_that_lost_only_its_question_still_has_its_contexts(tmp_path: Path) -> None:
    """What remains is whole where it begins with the first document."""
    held = documents(*({"content": f"text {n}", "id": n} for n in range(40)))
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), span(CHILD, ROOT, held, droppedAttributesCount=3)])
    assert found.contexts == tuple(f"text {n}" for n in range(40))


def test_ids_may_be_whole_numbers(tmp_path: Path) -> None:
    """And come out as texts, in the order of the retriever, also beyond ten documents."""
    found = exchange(
        tmp_path, [span(ROOT, None, CHAIN), retriever(*({"content": f"t{n}", "id": n} for n in range(12)))]
    )
    assert found.context_ids == tuple(str(n) for n in range(12))
    assert found.contexts == tuple(f"t{n}" for n in range(12))


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


def test_ids_are_one_whatever_their_letters(tmp_path: Path) -> None:
    """Hexadecimal in either case is the same trace, and the same parent."""
    small = {**retriever({"content": "A"}), "traceId": TRACE.lower(), "parentSpanId": ROOT.lower()}
    found = exchange(tmp_path, [span(ROOT, None, CHAIN), small])
    assert (found.trace_id, found.contexts) == (TRACE.lower(), ("A",))


@pytest.mark.parametrize(
    "start", [1_736_935_200_000_000_000, "1736935200000000000", "2025-01-15T10:00:00Z", 1_736_935_200]
)
def test_times_come_in_any_unit(tmp_path: Path, start: object) -> None:
    """As texts, as numbers, in seconds or in nanoseconds."""
    end = "2025-01-15T12:00:03+02:00"
    found = exchange(tmp_path, [span(ROOT, None, CHAIN, startTimeUnixNano=start, endTimeUnixNano=end)])
    assert (found.asked_at, found.latency_s) == (1_736_935_200.0, 3.0)


def test_a_question_may_stand_below_the_server_span(tmp_path: Path) -> None:
    """Frameworks put a span of HTTP around the one that knows the question; the time is the outer one's."""
    outer = span(
        ROOT, "ffffffffffffffff", {"http.route": "/ask"}, startTimeUnixNano=10**18, endTimeUnixNano=10**18 + 5 * 10**9
    )
    found = exchange(tmp_path, [span(CHILD, ROOT, CHAIN), outer])
    assert (found.question, found.response, found.latency_s) == ("Who?", "Me.", 5.0)


def test_an_augmented_prompt_is_not_the_question(tmp_path: Path) -> None:
    """Where a prompt holds what was retrieved, the search is nearer, else what the prompt calls its question."""
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


def test_null_outputs_and_inputs_are_nothing(tmp_path: Path) -> None:
    """Langfuse and LangSmith write null for what was not recorded."""
    run = {
        "id": "r",
        "trace_id": "r",
        "run_type": "chain",
        "inputs": {"question": "Who?"},
        "outputs": None,
        "start_time": None,
    }
    assert exchange(tmp_path, [run]).response is None
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": None, "output": None}
    assert skipped(tmp_path, trace).trace_id == "t"


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


def test_mlflow_keeps_foreign_attributes_as_they_are(tmp_path: Path) -> None:
    """OpenInference's documents inside MLflow's spans are still documents, each value a JSON text."""
    held = {key: json.dumps(value) for key, value in {**CHAIN, **documents({"content": "A", "id": 3})}.items()}
    root = {"span_id": "7uGbfsPBsXQ=", "name": "x", "attributes": {key: held[key] for key in CHAIN}}
    child = {"span_id": "7uGbfsPBsXU=", "parent_span_id": "7uGbfsPBsXQ=", "name": "y", "attributes": {
        key: one for key, one in held.items() if key.startswith("retrieval")}}  # fmt: skip
    found = exchange(tmp_path, {"info": {"trace_id": "tr-1", "state": "OK"}, "data": {"spans": [root, child]}})
    assert (found.dialect, found.question, found.response) == ("mlflow", "Who?", "Me.")
    assert (found.contexts, found.context_ids) == (("A",), ("3",))


def test_older_mlflow_is_read(tmp_path: Path) -> None:
    """Version 2 had other names, and expectations are references."""
    root = {
        "name": "x", "context": {"span_id": "0x1", "trace_id": "0x2"}, "parent_id": None, "start_time": 10**18,
        "end_time": 10**18 + 10**9, "status_code": "OK",
        "attributes": {"mlflow.spanInputs": '{"question": "Who?"}', "mlflow.spanOutputs": '"Me."'},
    }  # fmt: skip
    expected = {"name": "expected_response", "expectation": {"value": "You."}}
    info = {
        "request_id": "tr-1",
        "timestamp_ms": 1_736_935_200_000,
        "execution_time_ms": 1500,
        "status": "OK",
        "assessments": [expected],
    }
    found = exchange(
        tmp_path, {"info": info, "data": {"request": '{"question": "Who?"}', "response": '"Me."', "spans": [root]}}
    )
    assert (found.question, found.response, found.latency_s) == ("Who?", "Me.", 1.5)
    assert (found.asked_at, found.metadata["reference"]) == (1_736_935_200.0, "You.")


def test_langfuse_has_openinference_in_its_metadata(tmp_path: Path) -> None:
    """Frameworks that are traced over OpenTelemetry leave their documents there; values are texts."""
    attributes = {"openinference.span.kind": "RETRIEVER", **documents({"content": "A", "id": "1", "score": "0.5"})}
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": '"Who?"', "output": '"Me."'}
    child = {
        "id": "o", "traceId": "t", "parentObservationId": None, "type": "SPAN", "startTime": "2025-01-15T10:00:00Z",
        "input": None, "output": None, "metadata": json.dumps({"attributes": attributes, "scope": {}}),
    }  # fmt: skip
    found = exchange(tmp_path, {"trace": {**trace, "observations": [child]}, "observations": [child]})
    assert (found.contexts, found.context_ids, found.context_scores) == (("A",), ("1",), (0.5,))


def test_older_langfuse_only_names_its_retrievers(tmp_path: Path) -> None:
    """A span that is called one and returns documents is one."""
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": "Who?", "output": "Me."}
    child = {"id": "o", "traceId": "t", "parentObservationId": None, "type": "SPAN", "output": [{"page_content": "A"}]}
    held = {**trace, "observations": [{**child, "name": "retrieve-docs"}]}
    assert exchange(tmp_path, held).contexts == ("A",)
    assert exchange(tmp_path, {**held, "observations": [{**child, "name": "format"}]}).contexts is None


def test_a_question_that_mlflow_cut_off_comes_from_the_span(tmp_path: Path) -> None:
    """What was shortened to be shown is no question; what merely ends in dots is one."""
    root = {"span_id": "1", "name": "x", "attributes": {"mlflow.spanInputs": json.dumps({"question": "Who is it?"})}}
    for shown, question in (
        ('{"question": "Wh...', "Who is it?"),
        ("Who...", "Who..."),
        ("x" * 247 + "...", "Who is it?"),
    ):
        info = {"trace_id": "tr-1", "state": "OK", "trace_metadata": {"mlflow.traceInputs": shown}}
        assert exchange(tmp_path, {"info": info, "data": {"spans": [root]}}).question == question


def test_messages_are_read_in_every_form(tmp_path: Path) -> None:
    """The last thing a user said and the last thing an assistant said."""
    forms: list[list[Any]] = [
        [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}],
        [{"type": "human", "content": "Who?"}, {"type": "ai", "content": [{"type": "text", "text": "Me."}]}],
        [["human", "Who?"], ["ai", "Me."]],
        [
            {"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": "Who?"}},
            {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": {"content": "Me."}},
        ],
        [
            {"role": "user", "parts": [{"type": "text", "content": "Who?"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "response": "x"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "Me."}]},
        ],
    ]
    for form in forms:
        held = {"input.value": json.dumps({"messages": form}), "output.value": json.dumps({"messages": form})}
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), form


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


def test_half_a_surrogate_and_a_nan_do_no_harm(tmp_path: Path) -> None:
    """JSON can spell both, nothing else can hold them."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"question": "Who \\ud800?", "answer": "Me.", "latency_s": NaN}\n')
    (found,) = traces.read(str(path))
    assert isinstance(found, traces.Exchange)
    assert (found.question, found.latency_s) == ("Who ??", None)


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


def test_jaeger_and_bare_attributes_are_read(tmp_path: Path) -> None:
    """Two more shapes in which spans leave a system."""
    tags = [{"key": key, "type": "string", "value": value} for key, value in CHAIN.items()]
    jaeger = {
        "traceID": TRACE,
        "spanID": ROOT,
        "operationName": "ask",
        "startTime": 1_736_935_200_000_000,
        "duration": 2_000_000,
        "tags": tags,
    }
    found = exchange(tmp_path, {"data": [{"traceID": TRACE, "spans": [jaeger], "processes": {}}]})
    assert (found.question, found.latency_s, found.asked_at) == ("Who?", 2.0, 1_736_935_200.0)
    bare = exchange(tmp_path, CHAIN)
    assert (bare.question, bare.trace_id) == ("Who?", None)


def test_evaluations_as_logs_find_their_trace(tmp_path: Path) -> None:
    """The Collector writes them into lines of their own."""
    attributes = [
        {"key": "gen_ai.evaluation.name", "value": {"stringValue": "faithful"}},
        {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.25}},
    ]
    record = {"eventName": "gen_ai.evaluation.result", "traceId": TRACE.lower(), "attributes": attributes}
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    assert exchange(tmp_path, [log, span(ROOT, None, CHAIN)]).scores == {"faithful": 0.25}
    assert skipped(tmp_path, log).reason == "only_scores"


def test_frameworks_have_shapes_of_their_own(tmp_path: Path) -> None:
    """What agents' and web frameworks put into the input and output of their outermost span."""
    pairs_of: list[tuple[Any, Any]] = [
        ({"new_message": {"role": "user", "parts": [{"text": "Who?"}]}}, {"raw": "Me.", "tasks_output": []}),
        ({"args": ["Who?"]}, {"content": {"role": "model", "parts": [{"text": "Me."}]}}),
        ({"query_str": "Who?", "top_k": 3}, {"final_output": "Me.", "usage": {"total": 3}}),
        ([{"role": "user", "content": [{"type": "input_text", "text": "Who?"}]}],
         [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Me."}]}]),
        ({"body": {"prompt": "Who?"}}, {"choices": [{"message": {"role": "assistant", "content": "Me."}}]}),
        ("Who?", {"generations": [[{"text": "Me."}]]}),
    ]  # fmt: skip
    for asked, said in pairs_of:
        held = {
            "input.value": json.dumps(asked),
            "output.value": json.dumps(said),
            "input.mime_type": "application/json",
        }
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), (asked, said)


def test_web_and_agent_sdks_have_names_of_their_own(tmp_path: Path) -> None:
    """Vercel's, Pydantic's, Langfuse's and LangSmith's SDKs over OTLP, and content that stands in events."""
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]
    for held in (
        {"ai.operationId": "ai.streamText", "ai.prompt": json.dumps({"prompt": "Who?"}), "ai.response.text": "Me."},
        {"gen_ai.operation.name": "invoke_agent", "pydantic_ai.all_messages": json.dumps(messages)},
        {"langfuse.trace.input": "Who?", "langfuse.trace.output": "Me.", "langfuse.session.id": "s"},
        {
            "langsmith.span.kind": "chain",
            "langsmith.inputs": '{"input": "Who?"}',
            "langsmith.outputs": '{"output": "Me."}',
        },
        {
            "gen_ai.system": "x",
            "llm.prompts.0.role": "user",
            "llm.prompts.0.content": "Who?",
            "llm.completions.0.content": "Me.",
        },
    ):
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), held
    events = [
        {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": json.dumps(messages[:1])}},
        {"name": "gen_ai.content.completion", "attributes": {"gen_ai.completion": json.dumps(messages[1:])}},
    ]
    found = exchange(tmp_path, [span(ROOT, None, {"gen_ai.system": "x"}, events=events)])
    assert (found.question, found.response) == ("Who?", "Me.")


def test_shapes_that_leave_out_what_others_have(tmp_path: Path) -> None:
    """Attributes as a JSON text, observations that do not name their trace, spans without a trace."""
    text = {"context": {"traceId": TRACE, "spanId": ROOT}, "spanKind": "chain", "attributes": json.dumps(CHAIN)}
    assert exchange(tmp_path, {"data": {"spans": {"edges": [{"node": text}]}}}).question == "Who?"
    observation = {"id": "o", "type": "GENERATION", "input": [{"role": "user", "content": "Who?"}], "output": "Me."}
    found = exchange(tmp_path, {"id": "t", "name": "x", "observations": [observation]})
    assert (found.dialect, found.question, found.response) == ("langfuse", "Who?", "Me.")
    lone = [{"name": "a", "attributes": CHAIN, "events": []}, {"name": "b", "attributes": CHAIN, "events": []}]
    assert len(read(tmp_path, lone)) == 2


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
