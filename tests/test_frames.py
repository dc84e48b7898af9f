"""Tables for programs: one definition of columns, nothing missing that is a number."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import samples

from rag_eval import frames
from rag_eval.journal import Row
from rag_eval.records import (
    ANSWERED,
    NO_TEXT,
    Answer,
    Case,
    Evidence,
    Failure,
    MetricComparison,
    MetricSummary,
    RunComparison,
    Score,
    Verdict,
)

_CASE = Case(id="a", user_input="A?", tags=("fees", "new"))


def _row(reply: Answer | Failure, **outcomes: Any) -> dict[str, Any]:
    return frames.case_row(Row(0, _CASE, reply, outcomes), ("faithfulness",))


def test_every_kind_of_column_is_nullable_in_pandas() -> None:
    """What a row does not have is `pd.NA`, or None among lists; never NaN, and a mean leaves it out."""
    columns: frames.Columns = {kind: kind for kind in frames.DTYPES}
    full = {"text": "x", "texts": ("y", "z"), "number": 0.5, "integer": 7, "int32": 2, "int8": 1, "truth": False}
    made = frames.frame(columns, [full, {}])
    assert {name: str(dtype) for name, dtype in made.dtypes.items()} == {**frames.DTYPES}
    assert made.loc[0].to_dict() == {**full, "texts": ["y", "z"]}
    assert all(made.loc[1, name] is pd.NA for name in columns if name != "texts")
    assert made.loc[1, "texts"] is None
    assert made["number"].mean() == 0.5
    assert made.isna().sum().tolist() == [1] * len(columns)


@pytest.mark.parametrize("rows", [0, 1, 2500])
def test_a_frame_has_a_row_for_each_row(rows: int) -> None:
    """In order, with a plain index, from one batch or several; without any, the columns are there too."""
    made = frames.frame({"id": "text", "tags": "texts"}, ({"id": str(n), "tags": (str(n),)} for n in range(rows)))
    assert made["id"].tolist() == [str(n) for n in range(rows)]
    assert made["tags"].tolist() == [[str(n)] for n in range(rows)]
    assert made.index.tolist() == list(range(rows))
    assert [str(dtype) for dtype in made.dtypes] == ["string", "object"]


def test_a_frame_is_what_a_file_of_the_same_columns_holds(tmp_path: Path) -> None:
    """Read with pandas' nullable types, it is equal."""
    columns = frames.cases(("faithfulness",))
    rows = [_row(Answer(response="x", latency_s=0.5), faithfulness=Score(value=1.0)), _row(Answer())]
    with frames.writing(tmp_path / "rows.parquet", columns, {}) as table:
        for row in rows:
            table.add(row)
    read = pd.read_parquet(tmp_path / "rows.parquet", dtype_backend="numpy_nullable")
    made = frames.frame(columns, rows)
    lists = [name for name, kind in columns.items() if kind == "texts"]
    pd.testing.assert_frame_equal(read.drop(columns=lists), made.drop(columns=lists))
    assert [*read["tags"].map(list)] == [*made["tags"]]


def test_what_became_of_a_question_is_one_of_three() -> None:
    """Answered; failed, with why; or an answer that says nothing, which is told apart from both."""
    timeout = Failure(stage="target", reason="timeout", message="Too slow.")
    empty = Failure(stage="target", reason=NO_TEXT, message="Nothing.")
    rows = [
        _row(Answer(response="x"), **{ANSWERED: Score(value=1.0)}),
        _row(timeout, faithfulness=timeout),
        _row(Answer(response=""), faithfulness=empty, **{ANSWERED: Score(value=0.0)}),
    ]
    told = [(row["state"], row.get("failure_reason"), row.get("failure")) for row in rows]
    assert told == [("answered", None, None), ("failed", "timeout", "timeout: Too slow."), (NO_TEXT, NO_TEXT, None)]
    assert [row["faithfulness_status"] for row in rows] == [None, "failure", "failure"]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 12, "completion_tokens": 3}, (12, 3)),
        ({"input_tokens": 12, "output_tokens": 0}, (12, 0)),
        ({"promptTokenCount": 12}, (12, None)),
        ({"prompt_tokens": None, "input_tokens": 4}, (4, None)),
        ({"prompt_tokens": "12", "completion_tokens": True}, (None, None)),
        ({"prompt_tokens": -1, "completion_tokens": 2**63}, (None, None)),
        ([12, 3], (None, None)),
        (None, (None, None)),
    ],
)
def test_tokens_are_what_the_service_says(usage: Any, tokens: tuple[int | None, int | None]) -> None:
    """Under the names that APIs give them; anything but a count is unknown."""
    row = _row(Answer(response="x", metadata={} if usage is None else {"usage": usage}))
    assert (row["prompt_tokens"], row["completion_tokens"]) == tokens


def test_every_verdict_is_a_row() -> None:
    """With the case and the metric whose score rests on it."""
    verdicts = (Verdict(part="response", statement="One.", verdict=1, support=0.9), Verdict(
        part="response", statement="Two.", verdict=0))  # fmt: skip
    score = Score(value=0.5, evidence=Evidence(verdicts=verdicts))
    row = Row(0, _CASE, Answer(), {"faithfulness": score, "latency": Score(value=1)})
    made = frames.frame(frames.EVIDENCE, frames.evidence_rows(row))
    assert made["statement"].tolist() == ["One.", "Two."]
    assert made["support"].isna().tolist() == [False, True]
    assert {*made["case_id"], *made["metric"]} == {"a", "faithfulness"}


@pytest.mark.parametrize(
    ("columns", "record"), [(frames.METRICS, MetricSummary), (frames.COMPARED, MetricComparison)], ids=["run", "two"]
)
def test_every_column_of_a_metric_is_a_field_or_is_made_of_one(columns: frames.Columns, record: Any) -> None:
    """A misspelt column would be missing in every row without anybody noticing."""
    made = {"metric", "low", "high", "p05", "p50", "p95", "refused", "coverage"}
    assert {*columns} - made <= {*record.model_fields}


def test_a_metric_without_an_interval_has_no_ends() -> None:
    """And quantiles only where they are known."""
    bare = samples.metric(interval=None, quantiles={})
    full = samples.metric(quantiles={"p05": 0.1, "p50": 0.5, "p95": 1.0})
    made = frames.frame(frames.METRICS, map(frames.metric_row, (bare, full)))
    assert made[["low", "high", "p05"]].isna().all(axis=1).tolist() == [True, False]
    assert made.loc[1, ["low", "high", "p50", "coverage"]].tolist() == [0.8123, 0.9456, 0.5, 1.0]
    compared: RunComparison = samples.comparison(samples.compared(interval=None), samples.compared("mrr"))
    both = frames.frame(frames.COMPARED, frames.compared_rows(compared))
    assert both["metric"].tolist() == ["faithfulness", "mrr"]
    assert both["low"].isna().tolist() == [True, False]
