"""Captures that other projects published."""

from pathlib import Path

import pytest

from rag_eval import traces
from rag_eval.errors import DataError

pytestmark = pytest.mark.realdata

WEATHER = "The weather in Paris is currently rainy with a temperature of 57°F."
EXCHANGES = {
    "langfuse_autogen-2025-06-06.json": ("langfuse", "Say 'Hello World!'", "Hello World!"),
    "langfuse_langgraph-python-2025-08-22.json": (
        "langfuse",
        "Search the web for 'example' and summarize.",
        'The search for "example" primarily leads',
    ),
    "langfuse_llamaindex-2025-06-05.json": ("langfuse", "What is Langfuse?", "Langfuse is a tool designed to help"),
    "openinference_client_span_input_output_only.json": ("openinference", "Weather in Paris?", WEATHER),
    "openinference_client_span_tool_calls.json": ("openinference", "Weather in Paris?", WEATHER),
    "openinference_spec_traces.json": ("openinference", "Is anybody there?", "Yes, I am here."),
    "refinery_otlp_trace_tempo.json": ("otel-genai", "Hello", "Hi there!"),
    "trulens_otel_coffee_rag.json": ("trulens", "What is the best coffee?", "Hello! I'm happy to help."),
}


@pytest.fixture
def folder(realdata: Path) -> Path:
    """The published captures."""
    found = realdata / "traces"
    if not found.is_dir():
        pytest.skip(f"no captures at {found}")
    return found


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_published_capture_is_the_exchange_that_it_shows(folder: Path, name: str) -> None:
    """The question and the beginning of the answer are those that a person reads in the file."""
    dialect, question, answer = EXCHANGES[name]
    (found,) = traces.read(str(folder / name))
    assert isinstance(found, traces.Exchange)
    assert traces.sniff(str(folder / name)) == dialect
    assert (found.dialect, found.question) == (dialect, question)
    assert (found.response or "").startswith(answer)
    if dialect != "trulens":
        assert found.contexts is None


def test_a_published_rag_trace_has_its_contexts_and_scores(folder: Path) -> None:
    """TruLens' own example: four passages, an evaluation by itself."""
    (found,) = traces.read(str(folder / "trulens_otel_coffee_rag.json"))
    assert isinstance(found, traces.Exchange)
    assert found.contexts is not None
    assert [text.strip().split()[0] for text in found.contexts] == ["Starbucks", "Seattle,", "The", "Washington"]
    assert found.scores == {"answer_relevance": 0.75}
    assert found.metadata["reference"] == "Like attention but with more heads."
    assert found.latency_s == pytest.approx(2.172, abs=0.001)


def test_a_published_trace_has_its_session_and_scores(folder: Path) -> None:
    """Scores stand beside the trace, the thread in the metadata of what is inside it."""
    (found,) = traces.read(str(folder / "langfuse_langgraph-python-2025-08-22.json"))
    assert isinstance(found, traces.Exchange)
    assert found.conversation == "demo-thread-1"
    assert found.scores == {"hallucination": 0.1, "toxicity": 0.0}
    assert found.latency_s == pytest.approx(2.61)


def test_a_trace_without_a_model_is_said_to_be_one(folder: Path) -> None:
    """OpenTelemetry's own example is a server's span."""
    (found,) = traces.read(str(folder / "otlp_proto_trace.json"))
    assert isinstance(found, traces.SkippedTrace)
    assert (found.reason, found.trace_id) == ("not_rag", "5b8efff798038103d269b633813fc60c")
    assert traces.sniff(str(folder / "otlp_proto_trace.json")) == "otlp"


def test_documents_about_traces_are_no_traces(folder: Path) -> None:
    """In the whole folder they are skipped, each with its reason; by themselves they are refused."""
    found = list(traces.read(str(folder)))
    assert sum(isinstance(one, traces.Exchange) for one in found) == len(EXCHANGES)
    reasons = sorted(one.reason for one in found if isinstance(one, traces.SkippedTrace))
    assert reasons == ["not_a_trace_file", "not_a_trace_file", "not_rag"]
    with pytest.raises(DataError, match="holds no traces"):
        list(traces.read(str(folder / "README.md")))
