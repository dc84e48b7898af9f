"""Counters, gauges and histograms of a run: each event once, and what has not happened yet is 0."""

from pathlib import Path

import pytest
from prometheus_client import generate_latest
from support.counting import series

from rag_eval.telemetry import metrics
from rag_eval.telemetry.prometheus import Instruments


def shown(instruments: Instruments) -> dict[str, float]:
    """All series, without the buckets of histograms."""
    every = series(generate_latest(instruments.registry).decode())
    return {name: value for name, value in every.items() if "_bucket" not in name}


def test_what_may_happen_is_there_from_the_beginning() -> None:
    """As 0: a series that appears with its first event has no rate before it. The breaker is closed."""
    begun = shown(Instruments())
    for name, labels in (
        ("cases_total", metrics.STATES),
        ("in_flight", metrics.UNDER_WAY),
        ("waits_total", metrics.WHYS),
        ("waited_seconds_total", metrics.WHYS),
    ):
        assert {label: begun[f"rag_eval_{name}[{label}]"] for label in labels} == dict.fromkeys(labels, 0.0)
    assert [begun[f"rag_eval_breaker_state[{state}]"] for state in ("closed", "half_open", "open")] == [1, 0, 0]
    assert not any("_created" in name for name in begun), "they would double the number of series"


def test_two_runs_of_a_process_do_not_count_together() -> None:
    """Each has a registry of its own."""
    first, second = Instruments(), Instruments()
    first.case("scored")
    assert shown(first)["rag_eval_cases_total[scored]"] == 1
    assert shown(second)["rag_eval_cases_total[scored]"] == 0


def test_each_event_counts_once() -> None:
    """Under its labels."""
    instruments = Instruments()
    instruments.plan(40)
    instruments.about({"run_id": "r1", "name": 'fähre "1"'})
    instruments.score("recall@5", "failure", "timeout")
    instruments.score("recall@5", "score", "")
    instruments.target_call("failed", 0.5, "timeout")
    instruments.target_call("answered", 1.5, "")
    instruments.waited(2.5, "rate")
    instruments.waited(0.5, "rate")
    found = shown(instruments)
    assert found["rag_eval_cases_planned"] == 40
    assert found['rag_eval_run_info[fähre "1"][r1]'] == 1
    assert found["rag_eval_scores_total[recall@5][timeout][failure]"] == 1
    assert found["rag_eval_scores_total[recall@5][][score]"] == 1
    assert found["rag_eval_target_calls_total[failed][timeout]"] == 1
    assert found["rag_eval_target_call_seconds_sum[answered]"] == 1.5
    assert found["rag_eval_target_call_seconds_count[failed]"] == 1
    assert (found["rag_eval_waits_total[rate]"], found["rag_eval_waited_seconds_total[rate]"]) == (2, 3.0)


def test_a_reply_that_was_kept_took_no_time() -> None:
    """It is counted, and is in no histogram: it would make the judge look fast."""
    instruments = Instruments()
    instruments.judge_call("kept", 0.0, "", (100, 20))
    instruments.judge_call("answered", 0.5, "", (10, 0))
    found = shown(instruments)
    assert found["rag_eval_judge_calls_total[kept][]"] == found["rag_eval_judge_calls_total[answered][]"] == 1
    assert "rag_eval_judge_call_seconds_count[kept]" not in found
    assert found["rag_eval_judge_call_seconds_sum[answered]"] == 0.5
    assert found["rag_eval_judge_tokens_total[prompt][kept]"] == 100
    assert "rag_eval_judge_tokens_total[completion][answered]" not in found, "none were taken"


@pytest.mark.parametrize(
    ("state", "values"), [("open", [0, 0, 1]), ("half_open", [0, 1, 0]), ("closed", [1, 0, 0]), ("torn", [0, 0, 0])]
)
def test_the_breaker_is_in_one_state(state: str, values: list[float]) -> None:
    """In none that is told where it says one that nobody knows."""
    instruments = Instruments()
    instruments.breaker_is("half_open")
    instruments.breaker_is(state)
    found = shown(instruments)
    assert [found[f"rag_eval_breaker_state[{each}]"] for each in ("closed", "half_open", "open")] == values


def test_a_queue_is_as_long_as_it_is_when_somebody_looks() -> None:
    """And what is under way goes up and down."""
    instruments, waiting = Instruments(), [1, 2, 3]
    instruments.queue("asked", lambda: len(waiting))
    instruments.move("questions", 2)
    instruments.move("questions", -1)
    assert shown(instruments)["rag_eval_queue_depth[asked]"] == 3
    waiting.clear()
    assert shown(instruments)["rag_eval_queue_depth[asked]"] == 0
    assert shown(instruments)["rag_eval_in_flight[questions]"] == 1


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """In the place of the one before, with nothing beside it."""
    instruments = Instruments()
    for _ in range(2):
        instruments.case("scored")
        instruments.write(tmp_path / "run.prom")
    assert series((tmp_path / "run.prom").read_text())["rag_eval_cases_total[scored]"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run.prom"]
    with pytest.raises(OSError, match="No such file"):
        instruments.write(tmp_path / "nowhere" / "run.prom")
