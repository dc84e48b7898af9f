"""Traces on their way to MLflow: what is sent, in which chunks, and what need not be sent again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Span, TraceInfo
from mlflow.protos.service_pb2 import TraceInfoV3
from mlflow.utils.proto_json_utils import parse_dict
from support import samples

from rag_eval.journal import Row
from rag_eval.records import Answer, Case, Failure, Reply, Score, Summary
from rag_eval.tracking.mlflow import sending
from rag_eval.tracking.mlflow.traces import RunTraces, Trace, TraceDraft, trace


def made(number: int = 1, reply: Reply | None = None) -> Trace:
    """The trace of a case with a score and a failure."""
    case = Case(id=f"c{number}", user_input="Wann? 🦦", reference="Um zwölf.", tags=("ferries",))
    answer = reply or Answer(response="Um zwölf.", retrieved_contexts=("a",), asked_at=5.25, latency_s=1.5)
    failure = Failure(stage="judge", reason="timeout", message="Slow.")
    summary = samples.summary(primary="m", origin=samples.origin(metrics={"m": "ragas 0.4"}))
    return trace("run-1", summary, Row(0, case, answer, {"m": Score(value=0.5), "n": failure}), case.user_input)


class Memory:
    """Keeps what it is given."""

    chunk = 2

    def __init__(self) -> None:
        self.chunks: list[list[str]] = []

    def write(self, traces: Sequence[Trace]) -> None:
        """Keep the ids of the cases."""
        self.chunks.append([each.case_id for each in traces])


_RUN = samples.summary(primary="m", origin=samples.origin(metrics={"m": "ragas 0.4"}))


def drafts(
    folder: Path, *responses: str, summary: Summary = _RUN, run: str = "run-1"
) -> tuple[RunTraces, list[TraceDraft]]:
    """The traces of answers, which are not made yet."""
    traces = RunTraces(run, summary)
    rows: samples.Rows = [
        (Case(id=f"c{n}", user_input=f"Question {n}?"), Answer(response=text), {"m": Score(value=0.5)})
        for n, text in enumerate(responses)
    ]
    folder.mkdir()
    with samples.journal(folder / "journal.db", rows, ("m",)) as journal:
        return traces, [traces.draft(stored) for stored in journal.stored()]


def test_traces_go_in_chunks_and_each_is_told_of(tmp_path: Path) -> None:
    """By how many came by, the last chunk with what is left; what was given is known afterwards."""
    memory, sent = Memory(), dict[str, str]()
    traces, made = drafts(tmp_path / "a", *"vwxyz")
    assert list(sending.write_missing(memory, traces, iter(made), sent)) == [2, 4, 5]
    assert memory.chunks == [["c0", "c1"], ["c2", "c3"], ["c4"]]
    assert sent == {draft.id: draft.digest for draft in made}
    assert list(sending.write_missing(memory, traces, [], sent)) == []


def test_what_the_store_has_is_not_sent_again(tmp_path: Path) -> None:
    """As long as nothing in it has changed; progress counts it, since the store has it."""
    _, before = drafts(tmp_path / "a", "same", "before")
    traces, after = drafts(tmp_path / "b", "same", "after", "new")
    memory, sent = Memory(), {draft.id: draft.digest for draft in before}
    assert list(sending.write_missing(memory, traces, after, sent)) == [2, 3]
    assert memory.chunks == [["c1"], ["c2"]]
    assert list(sending.write_missing(memory, traces, after, sent)) == [2, 3]
    assert memory.chunks == [["c1"], ["c2"]]


def test_a_digest_changes_with_anything_that_a_trace_holds(tmp_path: Path) -> None:
    """The answer, and of the run its name, its time, who judged, and which run of MLflow's it is; not with the rest."""
    changes: list[dict[str, Any]] = [{}, {"name": "x"}, {"started": 9.0}, {"primary": "n"}, {"embedded_judge": False}]
    changes += [{"key": "x"}, {"origin": samples.origin(judge={"kind": "openai"})}, {"gates": (samples.gate(),)}]
    summaries = [_RUN.model_copy(update=change) for change in changes]
    digests = [drafts(tmp_path / str(n), "a", summary=summary)[1][0].digest for n, summary in enumerate(summaries)]
    digests += [drafts(tmp_path / "b", "b")[1][0].digest, drafts(tmp_path / "c", "a", run="run-2")[1][0].digest]
    assert digests[0] == digests[7], "gates stand in no trace"
    assert len(set(digests)) == len(digests) - 1


def test_a_draft_becomes_the_trace_of_its_case(tmp_path: Path) -> None:
    """Under the id that was known before."""
    traces, [draft] = drafts(tmp_path / "a", "At noon.")
    made_of_it = traces.made(draft)
    assert (made_of_it.id, made_of_it.case_id, made_of_it.answer) == (draft.id, "c0", "At noon.")
    assert made_of_it.question == draft.preview == "Question 0?"


@pytest.mark.parametrize(
    ("uri", "writer"),
    [("https://user@mlflow.example.com", "ServerWriter"), ("sqlite:////tmp/x/mlflow.db", "DatabaseWriter")],
)
def test_a_store_is_written_to_in_its_fastest_way(uri: str, writer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server over several connections, a file by its tables."""
    monkeypatch.setattr(sending, "TracingClient", lambda _: None)
    for name in ("ServerWriter", "DatabaseWriter", "ClientWriter"):
        monkeypatch.setattr(getattr(sending, name), "__init__", lambda *_: None)
    assert type(sending.writer_of(uri, "1")).__name__ == writer


def test_mlflow_reads_what_is_sent() -> None:
    """By its own messages: ids, times, previews, and what became of the trace."""
    message = TraceInfoV3()
    parse_dict(sending.info("7", made()), message)
    info = TraceInfo.from_proto(message)
    assert (info.trace_id, info.client_request_id, info.experiment_id) == (made().id, "c1", "7")
    assert (info.request_time, info.execution_duration, str(info.state)) == (5250, 1500, "OK")
    assert (info.request_preview, info.response_preview) == ("Wann? 🦦", "Um zwölf.")
    assert info.tags["mlflow.traceName"] == made().name
    assert info.tags["tag.ferries"] == "yes"
    score, failure = info.assessments
    assert score.feedback.value == 0.5
    assert failure.feedback.value is None
    assert (failure.feedback.error.error_code, failure.feedback.error.error_message) == ("timeout", "Slow.")
    assert score.create_time_ms == score.last_update_time_ms == 6750


def test_a_trace_that_failed_is_an_error() -> None:
    """In MLflow's list."""
    failed = made(reply=Failure(stage="target", reason="timeout", message="Slow."))
    assert sending.info("7", failed)["state"] == "ERROR"
    [span] = [sending._span(failed, each) for each in failed.spans]
    assert span["status"]["code"] == "STATUS_CODE_ERROR"


def test_a_score_without_a_reason_has_none() -> None:
    """No empty rationale stands there, and no value beside an error."""
    score, failure = sending.info("7", made())["assessments"]
    assert "rationale" not in score
    assert score["feedback"] == {"value": 0.5}
    assert failure["feedback"].keys() == {"error"}


def test_mlflow_reads_the_spans() -> None:
    """Root first, with what was asked and retrieved."""
    whole = made()
    root, retrieval = [Span.from_dict(sending._span(whole, each)) for each in whole.spans]
    assert (root.parent_id, retrieval.parent_id) == (None, root.span_id)
    assert (root.start_time_ns, root.end_time_ns) == (5_250_000_000, 6_750_000_000)
    assert root.inputs == {"user_input": "Wann? 🦦"}
    assert retrieval.outputs[0]["page_content"] == "a"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (1_795_835_759_099, "2026-11-28T03:15:59.099Z")],
)
def test_a_time_is_whole_milliseconds_in_utc(milliseconds: int, text: str) -> None:
    """With all of its noughts."""
    assert sending._time(milliseconds) == text
