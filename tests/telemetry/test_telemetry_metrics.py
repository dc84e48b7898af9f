"""What is counted for Prometheus, in bounded numbers of series, and where it is shown."""

from collections.abc import Iterator

import pytest
from support.counting import fetched, series

from rag_eval import telemetry
from rag_eval.records import NOT_SENT, Answer, Case, Failure, Reason, Score
from rag_eval.telemetry import metrics
from rag_eval.telemetry.exposing import exposed


@pytest.fixture
def url() -> Iterator[str]:
    """A free port that shows what is counted."""
    with exposed(0, None) as shown:
        assert shown is not None
        yield shown


def test_nothing_is_counted_unless_asked_for() -> None:
    """All of it may be called at any time."""
    with exposed(None, None) as url:
        assert url is None
        metrics.case("answered")
        metrics.target_call("failed", 1.0, "timeout")
        metrics.judge_call("answered", 1.0, "", (1, 2))
        metrics.score("faithfulness", "score")
        metrics.breaker("open")
        metrics.waited(1.0, "rate")
        metrics.queue("asked", lambda: 1)
        metrics.planned(3)
        metrics.about(run_id="r")
        with metrics.under_way("questions"):
            pass


def test_everything_that_happens_is_counted(url: str) -> None:
    """Cases, calls, seconds, tokens, waits, the breaker, queues and what is under way."""
    assert url.startswith("http://127.0.0.1:")
    metrics.about(run_id="run-1", name="mine")
    metrics.planned(7)
    metrics.case("answered")
    metrics.target_call("answered", 1.5)
    metrics.target_call("failed", 30.0, "timeout")
    metrics.judge_call("answered", 0.5, "", (100, 20))
    metrics.judge_call("kept", 0.0)
    metrics.judge_call("failed", 0.5, "rate_limited", (5, 0))
    metrics.score("faithfulness", "failure", "timeout")
    metrics.waited(2.5, "rate")
    metrics.waited(0.0, "rate")
    metrics.breaker("open")
    metrics.queue("asked", lambda: 4)
    with metrics.under_way("target_calls"):
        found = series(fetched(url))
    expected = {
        "rag_eval_run_info[mine][run-1]": 1,
        "rag_eval_cases_planned": 7,
        "rag_eval_cases_total[answered]": 1,
        "rag_eval_cases_total[scored]": 0,
        "rag_eval_target_calls_total[answered][]": 1,
        "rag_eval_target_calls_total[failed][timeout]": 1,
        "rag_eval_target_call_seconds_bucket[2.0][answered]": 1,
        "rag_eval_target_call_seconds_bucket[1.0][answered]": 0,
        "rag_eval_target_call_seconds_sum[failed]": 30,
        "rag_eval_judge_calls_total[kept][]": 1,
        "rag_eval_judge_calls_total[failed][rate_limited]": 1,
        "rag_eval_judge_tokens_total[prompt][answered]": 100,
        "rag_eval_judge_tokens_total[completion][answered]": 20,
        "rag_eval_judge_tokens_total[prompt][failed]": 5,
        "rag_eval_scores_total[faithfulness][timeout][failure]": 1,
        "rag_eval_waits_total[rate]": 1,
        "rag_eval_waited_seconds_total[rate]": 2.5,
        "rag_eval_breaker_state[open]": 1,
        "rag_eval_breaker_state[closed]": 0,
        "rag_eval_queue_depth[asked]": 4,
        "rag_eval_in_flight[target_calls]": 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert series(fetched(url))["rag_eval_in_flight[target_calls]"] == 0


@pytest.mark.slow
def test_two_thousand_questions_make_no_series(url: str) -> None:
    """However many questions, users, reasons and odd words there are, the number of series stays what it is."""

    def play(number: int) -> None:
        case = Case(id=f"case-{number}", user_input=f"question {number} of user {number}?")
        seen = telemetry.RunObserver("run", "key").case(case)
        failure = Failure(stage="target", reason=f"reason-{number}", message=f"user {number}")
        reply = failure if number % 2 else Answer(response=f"answer {number}")
        with seen.asking() as told:
            told(reply)
        seen.replied(reply)
        with seen.within(), telemetry.scoring("faithfulness") as said:
            said(failure if number % 3 else Score(value=0.5))
        seen.scored({"faithfulness": Score(value=0.5)}, {}, anew=True)
        for count in (metrics.case, metrics.breaker):
            count(f"state-{number}")
        metrics.target_call(f"outcome-{number}", 0.1, f"user-{number}")
        metrics.judge_call(f"outcome-{number}", 0.1, f"user-{number}", (1, 1))
        metrics.waited(0.1, f"why-{number}")
        metrics.queue(f"queue-{number}", lambda: 1)
        with metrics.under_way(f"what-{number}"):
            pass

    for number in range(12):
        play(number)
    before = series(fetched(url))
    for number in range(12, 2000):
        play(number)
    after = series(fetched(url))
    assert set(after) == set(before)
    assert len(after) < 200
    assert after["rag_eval_cases_total[answered]"] == 1000
    assert after["rag_eval_target_calls_total[failed][other]"] == 1000


def test_a_target_that_counts_its_calls_is_not_counted_twice(url: str) -> None:
    """A target that says nothing is counted once a question, with the latency that it measured."""

    def play(*, counts: bool) -> None:
        seen = telemetry.RunObserver().case(Case(id="c", user_input="q"))
        with seen.asking() as told:
            for outcome in ("failed", "answered") if counts else ():
                metrics.target_call(outcome, 0.1)
            told(Answer(response="r", latency_s=7.0))

    play(counts=True)
    play(counts=False)
    found = series(fetched(url))
    assert found["rag_eval_target_calls_total[answered][]"] == 2
    assert found["rag_eval_target_calls_total[failed][]"] == 1
    assert found["rag_eval_target_call_seconds_sum[answered]"] == pytest.approx(7.1)


@pytest.mark.parametrize("reason", sorted(NOT_SENT))
def test_a_question_that_was_not_sent_is_no_failed_call(url: str, reason: Reason) -> None:
    """It has no answer, which its case says; the target has not failed, for it was not asked."""
    observer = telemetry.RunObserver("run", "key").case(Case(id="a", user_input="When?"))
    reply = Failure(stage="target", reason=reason, message="not sent")
    with observer.asking() as record:
        record(reply)
    observer.replied(reply)
    counted = series(fetched(url))
    assert counted["rag_eval_cases_total[unanswered]"] == 1
    assert not [key for key in counted if key.startswith("rag_eval_target_calls_total")]
