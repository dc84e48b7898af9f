"""Adding up: against numpy, and where requests fail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.loading import OVER, plan, sample

from rag_eval.loadtest import report
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.loadtest.summary import EndpointSummary, endpoint, percentile, sum_up

_TIMES = st.lists(st.floats(0.001, 100), min_size=1, max_size=200)


@given(_TIMES, st.sampled_from([50, 90, 95, 99]))
def test_percentiles_are_numpy_s(times: list[float], percent: int) -> None:
    """By the definition that takes one of the times and never one between two; the interval holds it."""
    found = percentile(sorted(times), 0, percent)
    assert found.seconds == round(float(np.percentile(times, percent, method="inverted_cdf")), 4)
    assert found.low is None or found.low <= found.seconds
    assert found.high is None or found.seconds <= found.high


@given(_TIMES, st.integers(0, 200), st.sampled_from([50, 90, 95, 99]))
def test_failures_never_flatter(times: list[float], failed: int, percent: int) -> None:
    """With requests that failed, a percentile is as slow as without them, or slower, or not reached."""
    without, found = percentile(sorted(times), 0, percent), percentile(sorted(times), failed, percent)
    assert found.seconds is None or (without.seconds is not None and found.seconds >= without.seconds)
    share = failed / (failed + len(times))
    if share > 1 - percent / 100 + 1e-9:
        assert found.seconds is None


@pytest.mark.parametrize(("size", "percent"), [(20, 95), (40, 95), (100, 95), (400, 95), (80, 99), (10, 50)])
def test_the_interval_holds_the_truth_as_often_as_it_says(size: int, percent: int) -> None:
    """Of a thousand samples, at least 930 have an interval in which the true percentile lies; too few have no end."""
    rng = np.random.default_rng(3)
    truth = -np.log(1 - percent / 100)
    held = 0
    for _ in range(1000):
        found = percentile(sorted(rng.exponential(size=size)), 0, percent)
        held += (found.low or 0.0) <= truth <= (found.high if found.high is not None else np.inf)
    assert held >= 930


def test_one_endpoint() -> None:
    """Every request is counted, by what went wrong with it."""
    found = endpoint(
        "query", [sample(seconds=0.1), sample(seconds=0.3), sample(kind="timeout"), sample(kind="http_500")], 2.0
    )
    assert (found.requests, found.failed, found.errors, found.throughput) == (4, 2, 0.5, 1.0)
    assert found.failures == {"timeout": 1, "http_500": 1}
    assert (found.at(50).seconds, found.at(95).seconds, found.slowest) == (0.3, None, 0.3)


def test_a_test_in_which_everything_failed() -> None:
    """Is no success: nothing is reached, nothing is kept."""
    summary = sum_up(plan(), [Note("begun", 1000.0, 0.0), *(sample(at=n / 10, kind="connection") for n in range(50))])
    assert (summary.total.requests, summary.total.failed, summary.passed) == (50, 50, False)
    assert all(moment.p95 is None for moment in summary.moments)
    assert summary.total.at(50).seconds is None


def test_the_gate() -> None:
    """Each endpoint for itself: a fast one does not make up for a slow one, and logins may be slow but not fail."""
    fast, slow = [sample(at=n / 10, seconds=0.1) for n in range(95)], [sample(endpoint="enhanced", seconds=3.0)] * 5
    logins = [sample(endpoint="login", seconds=5.0)] * 3
    said = {one.what: one for one in sum_up(plan(), [*fast, *slow, *logins, OVER]).verdicts}
    assert said["query: p95"].kept
    assert not said["enhanced: p95"].kept
    assert said["login: errors"].kept
    assert "login: p95" not in said
    assert not sum_up(plan(), [*fast, *logins, sample(endpoint="login", kind="http_500"), OVER]).passed
    assert sum_up(plan(slo={"p95": 5, "errors": 0}), [*fast, *slow, *logins, OVER]).passed
    assert not sum_up(plan(slo={"p95": 5, "errors": 0}), [*fast, sample(kind="timeout"), OVER]).passed
    assert not sum_up(plan(), [OVER]).passed


def test_what_was_not_whole_is_not_gated() -> None:
    """A test that ended early, or lost workers, has kept nothing, however well it went until then."""
    fast = [sample(at=n / 10, seconds=0.1) for n in range(95)]
    assert sum_up(plan(), [*fast, OVER]).passed
    early = sum_up(plan(), fast)
    assert (early.interrupted, early.passed) == (True, False)
    lost = sum_up(plan(), [*fast, Note("worker", 2, 1.0), Note("worker", 1, 2.0), OVER])
    assert (lost.interrupted, lost.passed) == (True, False)


def test_an_endpoint_that_was_never_asked_has_kept_nothing() -> None:
    """Although it should have been."""
    more = [{"name": "enhanced", "url": "http://127.0.0.1/e"}]
    summary = sum_up(plan(endpoints=more), [*(sample(at=n / 10) for n in range(95)), OVER])
    assert {one.name: one.requests for one in summary.endpoints} == {"query": 95, "enhanced": 0}
    assert not summary.passed


def test_captured_questions_that_nobody_was_free_to_ask() -> None:
    """Waited until the end: they are failed requests, and none is forgotten."""
    said = plan(shape="replay", arrivals="t", ramp_up=0).model_copy(update={"arrivals": (0.0, 1.0, 2.0, 3.0)})
    summary = sum_up(said, [sample(at=0.0), sample(at=1.0), OVER])
    assert (summary.total.requests, summary.total.failures) == (4, {"not_sent": 2})
    assert any("2 captured questions were never asked" in remark for remark in summary.remarks)


def test_what_is_answered_a_second_is_of_the_whole_test() -> None:
    """Also where a service refused everything, or nobody asked, for the rest of it."""
    found = sum_up(plan(), [*(sample(at=n / 10) for n in range(10)), OVER])
    assert (found.seconds, found.total.throughput) == (10.0, 1.0)


def test_the_last_moment_is_no_sliver() -> None:
    """A split second at the end with two requests in it is no rate of fifty a second."""
    found = sum_up(plan(), [*(sample(at=n / 10, seconds=0.05) for n in range(100)), sample(at=9.99, seconds=0.05)])
    assert max(moment.throughput for moment in found.moments) < 12
    assert (
        sum(round(moment.throughput * length) for moment, length in zip(found.moments, [1] * 9 + [1.04], strict=True))
        == 101
    )


def test_over_time() -> None:
    """Answers are counted when they came, so that a stall is a gap and not a hole that nobody sees."""
    samples = [sample(at=n / 10, seconds=0.05) for n in range(40)] + [sample(at=4.0, seconds=4.5)]
    summary = sum_up(plan(), [Note("users", 2, 0.5), *samples])
    counts = [round(moment.throughput * 1.0) for moment in summary.moments]
    assert counts[:4] == [10, 10, 10, 10]
    assert counts[4:7] == [0, 0, 0]
    assert summary.moments[5].p95 is None
    assert summary.moments[-1].p95 == 4.5
    assert summary.peak_users == 2


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([sample(kind="rate_limited")] * 30, "30 of 30 requests were refused by the service's own rate limit"),
        ([sample(), Note("cpu", 97.0, 1.0)], "used 97 % of its core"),
        ([sample(), Note("worker", 2, 1.0), Note("worker", 1, 2.0)], "workers were lost: 2 at most, 1 at least"),
        ([sample(), Note("other plan", 0, 1.0)], "1 workers asked something else"),
        ([sample()], "1 requests are too few"),
        ([sample(), sample()._replace(degraded=True)], "1 of 2 answers were degraded"),
    ],
)
def test_what_a_reader_must_know(lines: list[RequestSample | Note], says: str) -> None:
    """Is said beside the numbers."""
    assert any(says in remark for remark in sum_up(plan(), lines).remarks)


def test_all_is_without_logins() -> None:
    """Whoever waits to be let in has not asked anything yet."""
    summary = sum_up(plan(), [sample(), sample(endpoint="login")])
    assert isinstance(summary.total, EndpointSummary)
    assert summary.total.requests == 1
    assert {one.name for one in summary.endpoints} == {"query", "login"}


def test_a_percentile_s_interval_has_a_width_or_is_not_shown() -> None:
    """Times that hardly differ are shown in tenths of milliseconds; of equal ones there is no interval to show."""
    near = [0.0201 + n / 2e5 for n in range(60)]
    assert report.percentile(percentile(near, 0, 50)) == "0.0202 s [0.0202, 0.0203]"
    assert report.percentile(percentile([0.5] * 60, 0, 50)) == "0.500 s"
    assert report.percentile(percentile([0.5] * 3, 0, 95)) == "0.500 s [0.500, …]"
