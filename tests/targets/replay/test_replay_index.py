"""Which captured answer belongs to which case: by trace, and where a question is asked in other words."""

import asyncio
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.matching import FERRY, FERRY_AGAIN, OTHERS, capture, case, outcomes_by_case, seen

from rag_eval.identifiers import trace_id
from rag_eval.records import Case
from rag_eval.targets import CaptureIndex
from rag_eval.targets.replay.captures import same_form
from rag_eval.targets.replay.target import ReplayTarget
from rag_eval.targets.tracecontext import traceparent


def test_the_trace_id_is_made_of_run_and_case() -> None:
    """As the format says: the first 32 digits of SHA-256, in a header that any receiver takes."""
    wanted = hashlib.sha256(b"run-1|case-7").hexdigest()[:32]
    assert trace_id("run-1", "case-7") == wanted
    version, trace, parent, flags = traceparent("run-1", "case-7").split("-")
    assert (version, trace, flags) == ("00", wanted, "01")
    assert len(parent) == 16
    assert int(parent, 16)
    assert traceparent("run-1", "case-7") == traceparent("run-1", "case-7")


@given(st.text(), st.text(), st.text(), st.text())
def test_other_cases_have_other_traces(run: str, one: str, other_run: str, other: str) -> None:
    """A trace id is that of one question of one run, whatever they are called."""
    if "|" not in one + other and (run, one) != (other_run, other):
        assert trace_id(run, one) != trace_id(other_run, other)


def test_a_trace_is_found_by_the_id_that_was_sent_with_the_question() -> None:
    """Whichever of the known runs sent it, and however the question reads in the trace."""
    captured = [
        capture("a prompt", "of ferry", trace=trace_id("key-b", "ferry")),
        capture("another", "of pier", trace=trace_id("key-b", "pier")),
    ]
    with CaptureIndex(("trace",)) as index:
        index.add(captured)
        assert index.has_traces()
        index.expect(["key-a", "key-b"])
        told = dict(outcomes_by_case(index.seen([case("ferry", "Ferry?"), case("dogs", "Dogs?")])))
        assert told == {"ferry": "trace: of ferry", "dogs": "not_captured"}
        assert index.unmatched() == 1


def test_a_case_may_say_which_trace_it_came_from() -> None:
    """A question that was sampled from production finds the answer of production."""
    asked = Case(id="q-1", user_input="Ferry?", metadata={"trace_id": f"tr-{'AB' * 16}"})
    assert seen(("trace",), [asked], [capture("x", "y", trace="ab" * 16)])[0] == {"q-1": "trace: y"}


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("tr-5b8efff798038103d269b633813fc60c", "5b8efff798038103d269b633813fc60c"),
        ("5B8EFFF798038103D269B633813FC60C", "5b8efff798038103d269b633813fc60c"),
        ("5b8efff7-9803-8103-d269-b633813fc60c", "5b8efff798038103d269b633813fc60c"),
        (str(int("5b8efff798038103d269b633813fc60c", 16)), "5b8efff798038103d269b633813fc60c"),
        ("Request-42", "Request-42"),
        ("123", "123"),
    ],
)
def test_a_trace_id_has_one_form(written: str, same: str) -> None:
    """MLflow's prefix, capitals, dashes and TruLens' numbers do not count; what is no trace id stays as it is."""
    assert same_form(written) == same


def test_a_matched_question_is_played() -> None:
    """What was matched before the first question is what is played when it is asked."""
    with CaptureIndex(("fuzzy",)) as index:
        index.add([capture(FERRY), *map(capture, OTHERS)])
        asked = case("1", FERRY_AGAIN)
        assert dict(outcomes_by_case(index.seen([asked]))) == {"1": f"fuzzy: {FERRY}"}
        assert asyncio.run(ReplayTarget(index).answer(asked)).response == FERRY
