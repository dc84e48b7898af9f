"""A run as Parquet, and all reports of a run together."""

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import samples

from rag_eval import reports
from rag_eval.journal import REPEAT_OF, Journal, JournalWriter
from rag_eval.records import Answer, Case, Evidence, Failure, NotApplicable, Score, Summary, Verdict
from rag_eval.reports import formatting, tables
from rag_eval.reports.pages import run
from rag_eval.runs import RunFolder

_VERDICTS = (
    Verdict(part="response", statement="One.", verdict=1, reason="said"),
    Verdict(part="response", statement="Two.", verdict=0),
)
_CASES = [
    Case(id="a", user_input="A?", reference="R", reference_context_ids=("p1", "p2"), tags=("fees", "new")),
    Case(id="b", user_input="B?"),
    Case(id="c", user_input="C?"),
]
_ANSWER = Answer(
    response="It is.", retrieved_contexts=("One.",), retrieved_context_ids=("p1",), latency_s=0.25, attempts=2
)
_TIMEOUT = Failure(stage="target", reason="timeout", message="Too slow.")
_METRICS = ("faithfulness", "hit@5")


@pytest.fixture
def written(tmp_path: Path) -> RunFolder:
    """A run of three cases: scored, unanswered, and answered with little."""
    rows: samples.Rows = [
        (
            _CASES[0],
            _ANSWER,
            {"faithfulness": Score(value=0.5, evidence=Evidence(verdicts=_VERDICTS)), "hit@5": Score(value=1.0)},
        ),
        (_CASES[1], _TIMEOUT, {"faithfulness": _TIMEOUT, "hit@5": _TIMEOUT}),
        (_CASES[2], Answer(), {"faithfulness": NotApplicable(reason="no retrieved_contexts")}),
    ]
    folder = RunFolder(tmp_path)
    with samples.journal(folder.journal, rows, _METRICS) as journal:
        _write(folder, journal, _summary())
    return folder


def _write(folder: RunFolder, journal: Journal, summary: Summary) -> None:
    with tables.writing(folder, summary) as add:
        for row in journal.rows():
            add(row)


def _summary() -> Summary:
    metrics = tuple(samples.metric(name) for name in _METRICS)
    return samples.summary(*metrics, planned=3, cases=3, answered=2)


def _rows(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def test_results_have_a_column_for_each_thing_that_is_known(written: RunFolder) -> None:
    """Of one type each, whatever the cases hold; three columns a metric."""
    text, texts = pa.string(), pa.list_(pa.string())
    expected = {
        "id": text,
        "position": pa.int64(),
        "user_input": text,
        "reference": text,
        "response": text,
        "retrieved_contexts": texts,
        "retrieved_context_ids": texts,
        "reference_context_ids": texts,
        "tags": texts,
        "answerable": pa.bool_(),
        "state": text,
        "failure": text,
        "failure_reason": text,
        "latency_s": pa.float64(),
        "first_token_s": pa.float64(),
        "attempts": pa.int32(),
        "prompt_tokens": pa.int64(),
        "completion_tokens": pa.int64(),
    }
    for name in _METRICS:
        expected |= {name: pa.float64(), f"{name}_status": text, f"{name}_reason": text}
    found = {field.name: field.type for field in pq.read_schema(written.results)}
    assert list(found) == list(expected)
    for name, kind in expected.items():
        assert str(found[name]).replace("element:", "item:") == str(kind)


def test_results_have_a_row_for_each_case(written: RunFolder) -> None:
    """In the dataset's order, with value, status and reason of each metric."""
    scored, unanswered, little = _rows(written.results)
    assert scored == {
        "id": "a",
        "position": 0,
        "user_input": "A?",
        "reference": "R",
        "response": "It is.",
        "retrieved_contexts": ["One."],
        "retrieved_context_ids": ["p1"],
        "reference_context_ids": ["p1", "p2"],
        "tags": ["fees", "new"],
        "answerable": True,
        "state": "answered",
        "failure": None,
        "failure_reason": None,
        "latency_s": 0.25,
        "first_token_s": None,
        "attempts": 2,
        "prompt_tokens": None,
        "completion_tokens": None,
        "faithfulness": 0.5,
        "faithfulness_status": "score",
        "faithfulness_reason": None,
        "hit@5": 1.0,
        "hit@5_status": "score",
        "hit@5_reason": None,
    }
    assert unanswered["failure"] == "timeout: Too slow."
    assert (unanswered["faithfulness"], unanswered["response"], unanswered["latency_s"]) == (None, None, None)
    assert (unanswered["faithfulness_status"], unanswered["faithfulness_reason"]) == ("failure", "timeout")
    assert (little["faithfulness_status"], little["faithfulness_reason"]) == ("not_applicable", "no retrieved_contexts")
    assert (little["hit@5"], little["hit@5_status"], little["hit@5_reason"]) == (None, None, None)
    assert (little["tags"], little["retrieved_contexts"]) == ([], None)


def test_what_is_unknown_is_null_and_never_nan(written: RunFolder) -> None:
    """A mean over the column leaves it out."""
    table = pq.read_table(written.results)
    for name in (*_METRICS, "latency_s"):
        assert table[name].null_count == 2
        assert not any(math.isnan(value) for value in table[name].drop_null().to_pylist())


def test_evidence_has_a_row_for_each_verdict(written: RunFolder) -> None:
    """With the case and the metric whose score rests on it."""
    shared = {"case_id": "a", "metric": "faithfulness", "part": "response", "support": None, "evidence": ""}
    assert _rows(written.evidence) == [
        {**shared, "statement": "One.", "verdict": 1, "reason": "said"},
        {**shared, "statement": "Two.", "verdict": 0, "reason": ""},
    ]


def test_a_long_run_is_written_batch_by_batch(tmp_path: Path) -> None:
    """No row is lost between two batches."""
    folder = RunFolder(tmp_path)
    case = [Case(id=f"case-{i}", user_input="q") for i in range(2500)]
    with samples.journal(folder.journal, []) as journal:
        for position, one in enumerate(case):
            journal.record_reply(position, one, Answer(latency_s=position))
        _write(folder, journal, samples.summary())
    found = pq.ParquetFile(folder.results)
    assert found.num_row_groups == 3
    assert [row["id"] for row in _rows(folder.results)] == [one.id for one in case]


def test_an_empty_run_has_tables_too(tmp_path: Path) -> None:
    """Without rows, with all columns."""
    folder = RunFolder(tmp_path)
    with samples.journal(folder.journal, []) as journal:
        _write(folder, journal, samples.summary())
    assert (_rows(folder.results), _rows(folder.evidence)) == ([], [])
    assert "faithfulness_status" in pq.read_schema(folder.results).names


def test_every_report_is_written_whole(tmp_path: Path) -> None:
    """Each is there, says who judged, replaces an older one, and leaves no draft behind."""
    folder = RunFolder(tmp_path)
    summary = samples.summary(cases=0)
    with samples.journal(folder.journal, []) as journal:
        for _ in range(2):
            reports.write_page(folder, reports.write(folder, journal, summary), summary)
    made = {path.name for path in tmp_path.iterdir() if not path.name.startswith("journal.")}
    assert made == {"results.parquet", "evidence.parquet", "summary.json", "report.html", "report.md"}
    assert Summary.model_validate(json.loads(folder.summary.read_text(encoding="utf-8"))) == summary
    assert formatting.EMBEDDED in folder.markdown.read_text(encoding="utf-8")
    assert formatting.EMBEDDED in folder.html.read_text(encoding="utf-8")
    assert summary.embedded_judge


def test_a_table_that_is_passed_on_says_who_judged(written: RunFolder) -> None:
    """Its schema's metadata holds the run and the origin of its scores."""
    for path in (written.results, written.evidence):
        metadata = pq.read_schema(path).metadata
        assert json.loads(metadata[b"rag_eval.origin"])["judge"]["kind"] == "embedded"
        assert metadata[b"rag_eval.run"]


def _pages(folder: RunFolder, journal: JournalWriter, summary: Summary) -> str:
    reports.write_page(folder, reports.write(folder, journal, summary), summary)
    return folder.html.read_text(encoding="utf-8")


@pytest.mark.parametrize("order", ["as in the dataset", "repetitions apart"])
def test_tables_and_page_are_those_of_a_run_that_is_read_for_each(tmp_path: Path, order: str) -> None:
    """Cases are read once for both, in whatever order the page lists them."""
    apart = order == "repetitions apart"
    folder, summary = RunFolder(tmp_path), samples.summary(cases=6, planned=6)
    ids = [f"case-{number}" for number in range(3)]
    with samples.journal(folder.journal, []) as journal:
        for position, case_id in enumerate([*ids, *(f"{each}~2" for each in ids)]):
            first = case_id.partition("~")[0]
            case = Case(id=case_id, user_input=f"q {first}?", metadata={REPEAT_OF: first} if apart else {})
            journal.record_reply(position, case, Answer(response=f"a {case_id}", retrieved_contexts=("c", case_id)))
            journal.record_outcomes(case_id, {"faithfulness": Score(value=position / 5)})
        made = _pages(folder, journal, summary)
        assert made == run.html(summary, journal)
        assert [row["response"] for row in _rows(folder.results)] == [f"a {row.case.id}" for row in journal.rows()]
