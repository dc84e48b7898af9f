"""How a load test is shown while it goes on."""

from pathlib import Path
from typing import Any

import pytest

from rag_eval import config
from rag_eval.cli import loadprogress
from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.reports.fitting import STYLE


@pytest.fixture
def plan() -> LoadPlan:
    """Ten users for a minute."""
    target = {"kind": "http", "url": "http://127.0.0.1:9/"}
    load = config.LoadConfig.model_validate({"users": 10, "duration": 60})
    return LoadPlan.model_validate(
        {"key": "k", "name": "x", "target": target, "load": load, "seed": 0, "fingerprint": "f"}
    )


def _sample(at: float, seconds: float = 0.5, endpoint: str = "query", kind: str = "") -> RequestSample:
    return RequestSample(at, seconds, endpoint, kind, 100, 0.0)


def _seen(*lines: RequestSample | Note) -> Any:
    seen = loadprogress._Seen()
    for line in lines:
        seen.take(line)
    return seen


def test_before_anything_happened_nothing_is_made_up(plan: LoadPlan) -> None:
    """No request, no time, and no division by none."""
    assert _seen().line(plan) == "0/60 s, 0 users, 0 requests, 0 failed, 0.0/s, p95 –"
    assert _seen().table(plan).rows == []


def test_a_line_says_how_far_it_is_and_how_it_goes(plan: LoadPlan) -> None:
    """Counts are of the whole test, and failures count as slower than every answer."""
    answered = [_sample(n) for n in range(8)]
    line = _seen(Note("users", 4, 1.0), *answered, _sample(9, kind="timeout")).line(plan)
    assert line == "10/60 s, 4 users, 9 requests, 1 failed, 0.8/s, p95 –"


def test_times_are_of_the_last_seconds_and_counts_of_all(plan: LoadPlan) -> None:
    """What was slow at the beginning is not held against the service for ever."""
    slow, fast = [_sample(n, 9.0) for n in range(5)], [_sample(30 + n / 10, 0.25) for n in range(50)]
    line = _seen(*slow, *fast).line(plan)
    assert line.endswith("p95 0.250")
    assert "55 requests" in line


def test_the_number_of_users_is_the_newest_and_other_notes_leave_it(plan: LoadPlan) -> None:
    """Time goes on with any of them, and never back."""
    seen = _seen(Note("users", 3, 5.0), Note("users", 7, 6.0), Note("cpu", 0.9, 8.0), Note("begun", 0.0, 2.0))
    assert (seen.users, seen.at) == (7, 8.0)


def test_an_endpoint_has_a_row_that_is_red_where_something_failed(plan: LoadPlan) -> None:
    """By name, each with its own counts."""
    seen = _seen(_sample(1), _sample(2, endpoint="login"), _sample(3, kind="status_500"), _sample(4))
    table = seen.table(plan)
    assert [(row["endpoint"], row["requests"], row["failed"], row[STYLE]) for row in table.rows] == [
        ("login", "1", "0", ""), ("query", "3", "1", "red"),
    ]  # fmt: skip


def test_logging_in_is_no_request_of_the_line(plan: LoadPlan) -> None:
    """Its time says nothing of how fast questions are answered, though it is counted as a request."""
    line = _seen(_sample(1, 0.1), _sample(2, 99.0, endpoint="login")).line(plan)
    assert "2 requests" in line
    assert line.endswith(("p95 0.100", "p95 –"))
    assert "99.000" not in line


@pytest.mark.parametrize(("kept", "told"), [(True, "limits kept"), (False, "limits ignored")])
def test_what_will_be_done_is_told_first(
    plan: LoadPlan, capsys: pytest.CaptureFixture[str], *, kept: bool, told: str
) -> None:
    """On standard error, with where it is written to; between that and the first ten seconds nothing is."""
    own = plan.model_copy(update={"respect_limits": kept})
    with loadprogress.shown(own, Path("loads/x")) as watch:
        watch(_sample(1))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"10 users, {plan.load.shape}, 60 s, {told} → loads/x\n"


def test_plain_lines_come_now_and_then(
    plan: LoadPlan, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock, however many requests there are."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with loadprogress.shown(plan, Path("x")) as watch:
        for step in (1.0, 8.9, 0.2, 1.0, 9.0):
            now[0] += step
            watch(_sample(now[0] - 1000.0))
    assert [line.split(",")[2].strip() for line in capsys.readouterr().err.splitlines()[1:]] == [
        "3 requests", "5 requests",
    ]  # fmt: skip
