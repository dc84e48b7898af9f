"""What a replay will play and what it leaves out, in numbers and in words."""

from rag_eval.records import Answer, Case, Failure
from rag_eval.targets.replay.captures import Capture, CaptureTally
from rag_eval.targets.replay.index import CaptureIndex
from rag_eval.targets.replay.report import ReplayReport, report

CASES = [Case(id=f"c{number}", user_input=f"Question {number}?") for number in range(4)]


def of(*captures: Capture, cases: list[Case] = CASES) -> ReplayReport:
    """What is said of captured answers."""
    tally = CaptureTally(captured=len(captures))
    with CaptureIndex(("id", "question")) as index:
        index.add(captures)
        return report(index, cases, tally, "rows", "answers.csv")


def test_where_everything_fits_there_is_nothing_to_remark_on() -> None:
    """Only a line of how."""
    told = of(*(Capture(case.user_input, Answer(response="x", latency_s=1.0), (case.id,)) for case in CASES))
    assert told.remarks == ()
    assert told.headline == "4 captured answers from answers.csv (rows); of 4 cases matched: 4 by id"
    assert told.lacking == {"response": 0, "retrieved_contexts": 4, "retrieved_context_ids": 4, "latency_s": 0}


def test_what_does_not_fit_is_counted_by_what_becomes_of_it() -> None:
    """Cases without an answer, with several, with one that failed then; and answers that belong to nobody."""
    failure = Failure(stage="target", reason="captured_error", message="m")
    told = of(
        Capture("Question 0?", Answer(response="x")),
        Capture("Question 1?", Answer(response="a"), ("c1",)),
        Capture("Question 1?", Answer(response="b"), ("c1",)),
        Capture("Question 2?", failure),
        Capture("Somebody else's?", Answer(response="y")),
    )
    assert (told.cases, told.answers, told.missing, told.ambiguous, told.unmatched) == (4, 1, 1, 1, 1)
    assert told.remarks == (
        "1 of 4 cases have no captured answer and will fail (not_captured)",
        "1 of 4 cases have several and will fail (ambiguous_capture); `pick` chooses",
        "1 of 4 captures are failures and fail again: 1 captured_error",
        "1 of 5 captured answers belong to no case and are not played",
    )
