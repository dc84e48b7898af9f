"""Which reader takes a JSON value: by what is inside, and nothing that was logged is lost on the way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.traces import Exchange, SkippedTrace
from rag_eval.traces.dialects import rows
from rag_eval.traces.reading import json_values
from rag_eval.traces.span import TraceSpan

_ROW = {"question": "When?", "answer": "At noon."}
_SPAN = {
    "traceId": f"{1:032x}",
    "spanId": f"{1:016x}",
    "name": "ask",
    "attributes": {"input.value": "When?", "output.value": "At noon."},
}


def read(value: Any, **fields: str) -> list[TraceSpan | Exchange | SkippedTrace]:
    """All that is read of a value."""
    return [body for _, body in json_values.read(value, rows.compile_fields(fields), "log.jsonl", 7)]


def kinds(value: Any, **fields: str) -> list[str]:
    """What is read of it: a question, `span`, or the reason why there is nothing."""
    return [
        body.question if isinstance(body, Exchange) else body.reason if isinstance(body, SkippedTrace) else "span"
        for body in read(value, **fields)
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (_ROW, ["When?"]),
        ([_ROW, _ROW], ["When?", "When?"]),
        ([[_ROW], []], ["When?"]),
        (_SPAN, ["span"]),
        ({"spans": [_SPAN]}, ["span"]),
        ({"data": [_ROW, _SPAN]}, ["When?", "span"]),
        ({"data": {"items": [_ROW]}}, ["When?"]),
        ({"edges": [{"node": _ROW}, {"node": _ROW}]}, ["When?", "When?"]),
        ({"meta": {"page": 1}, "results": [_ROW]}, ["When?"]),
        ([], []),
        ({"data": []}, []),
        ({}, ["not_a_trace"]),
        (None, ["not_a_trace"]),
        (7, ["not_a_trace"]),
        ("text", ["not_a_trace"]),
        ([_ROW, 7], ["When?", "not_a_trace"]),
        ({"question": None}, ["not_a_trace"]),
        ({"question": "  "}, ["no_question"]),
        ({"resourceSpans": []}, ["no_spans"]),
    ],
)
def test_a_value_is_read_as_what_it_is(value: Any, expected: list[str]) -> None:
    """A row, a step of a trace, or whatever holds some; what is neither is counted with why."""
    assert kinds(value) == expected


@pytest.mark.parametrize(
    "column",
    [{"scores": {"helpful": 0.5}}, {"results": [{"text": "t"}]}, {"data": {}}, {"trace": {"a": 1}}, {"spans": []}],
)
def test_a_row_with_a_column_that_is_called_like_a_list_of_traces_is_a_row(column: dict[str, Any]) -> None:
    """Its question and its answer stand right there, and nothing of a dialect is inside."""
    [exchange] = read({**_ROW, **column})
    assert isinstance(exchange, Exchange)
    assert (exchange.question, exchange.response) == ("When?", "At noon.")
    assert exchange.scores == ({"helpful": 0.5} if "scores" in column else {})


@pytest.mark.parametrize("inner", [[_SPAN], {"spans": [_SPAN]}, [{"node": _SPAN}]])
def test_traces_inside_count_for_more_than_what_is_said_of_them_around(inner: Any) -> None:
    """A download that repeats question and answer above the steps of a trace is read by its steps."""
    assert kinds({**_ROW, "data": inner}) == ["span"]


def test_rows_inside_a_reply_that_repeats_what_was_searched_for() -> None:
    """Who asked the log for something gets its rows, and not the search as a question."""
    assert kinds({"query": "ferries", "results": [_ROW, _ROW]}) == ["When?", "When?"]
    assert kinds({"query": "ferries", "result": "ok", "data": [_ROW]}) == ["When?"]


@pytest.mark.parametrize(
    "wrap", [lambda inner: {"data": inner}, lambda inner: [inner], lambda inner: {"node": [inner]}]
)
def test_nothing_is_too_deep_to_be_told_of(wrap: Any) -> None:
    """However deep somebody nested a log, it ends with a reason and not with an overflow."""
    value: Any = _ROW
    for _ in range(5000):
        value = wrap(value)
    assert kinds(value) == ["not_a_trace"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "scores", "trace", "question", "answer", "spans", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_stands_in_a_log_is_read_or_told_of(value: Any) -> None:
    """Nothing raises, and everything says where it stood."""
    for body in read(value):
        if not isinstance(body, TraceSpan):
            assert (body.file, body.line) == ("log.jsonl", 7)


def test_with_fields_each_object_is_a_row_of_its_own() -> None:
    """Also one that looks like a trace: whoever names the fields knows the log."""
    assert kinds(_SPAN, question='attributes."input.value"') == ["When?"]
    assert kinds([_ROW, 7, {"x": 1}], response="answer") == ["When?", "not_a_trace", "no_question"]
    assert kinds(7, question="q") == ["not_a_trace"]


def test_what_is_no_trace_says_what_it_has() -> None:
    """The first few names, in order, and what to do; or what stood there instead of an object."""
    [skipped] = read({f"k{n}": n for n in range(12)})
    assert isinstance(skipped, SkippedTrace)
    assert skipped.message == (
        "neither a trace of a known kind nor a row with a question; it has: k0, k1, k10, k11, k2, k3, k4, k5. "
        "Name its fields to read it."
    )
    [skipped] = read({"question": "", "zeta": 1})
    assert isinstance(skipped, SkippedTrace)
    assert skipped.message == "the row has no question; it has: question, zeta"
    [skipped] = read([3.5])
    assert isinstance(skipped, SkippedTrace)
    assert skipped.message == "expected a JSON object, found float"
