"""Which captured answer belongs to which case: by trace, and where a question is asked in other words."""

import asyncio
import hashlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.errors import TargetError
from rag_eval.identifiers import trace_id
from rag_eval.records import Answer, Case
from rag_eval.targets import Capture, CaptureIndex
from rag_eval.targets.replay.captures import same_form
from rag_eval.targets.replay.config import Way
from rag_eval.targets.replay.index import CaptureMatch
from rag_eval.targets.replay.target import ReplayTarget
from rag_eval.targets.tracecontext import traceparent

FERRY = "How much does the ferry to the island of Skerrow cost for a family?"
FERRY_AGAIN = "How much does a ferry to the island of Skerrow cost for families?"
OTHERS = (
    "When does the harbour office open on Sundays?",
    "Where can dogs swim?",
    "Who repairs broken masts in winter?",
    "Which pier has electricity for visitors?",
)


def capture(question: str, answer: str = "", *, trace: str | None = None, ids: tuple[str, ...] = ()) -> Capture:
    """A captured answer."""
    return Capture(question, Answer(response=answer or question), ids, trace)


def case(case_id: str, question: str) -> Case:
    """A case that is only an id and a question."""
    return Case(id=case_id, user_input=question)


def seen(ways: tuple[Way, ...], asked: Iterable[Case], captured: Iterable[Capture]) -> tuple[dict[str, str], int]:
    """Case to the answer or the reason why there is none, and how many answers belong to nobody."""
    with CaptureIndex(ways) as shelf:
        shelf.add(captured)
        found = dict(_told(shelf.seen(asked)))
        return found, shelf.unmatched()


def _told(found: Iterable[tuple[Case, CaptureMatch | TargetError]]) -> Iterable[tuple[str, str]]:
    for one, outcome in found:
        if isinstance(outcome, TargetError):
            yield one.id, outcome.reason
        else:
            assert isinstance(outcome.reply, Answer)
            yield one.id, f"{outcome.way}: {outcome.reply.response}"


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
    with CaptureIndex(("trace",)) as shelf:
        shelf.add(captured)
        assert shelf.has_traces()
        shelf.expect(["key-a", "key-b"])
        told = dict(_told(shelf.seen([case("ferry", "Ferry?"), case("dogs", "Dogs?")])))
        assert told == {"ferry": "trace: of ferry", "dogs": "not_captured"}
        assert shelf.unmatched() == 1


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
    with CaptureIndex(("fuzzy",)) as shelf:
        shelf.add([capture(FERRY), *map(capture, OTHERS)])
        asked = case("1", FERRY_AGAIN)
        assert dict(_told(shelf.seen([asked]))) == {"1": f"fuzzy: {FERRY}"}
        assert asyncio.run(ReplayTarget(shelf).answer(asked)).response == FERRY
