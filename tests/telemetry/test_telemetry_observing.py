"""What a command switches on before a run, and off after it, however that ends."""

import json
import socket
from pathlib import Path

import pytest
import structlog
from support.counting import fetched, series

from rag_eval.errors import UsageError
from rag_eval.telemetry import logs, metrics
from rag_eval.telemetry.live import LIVE, QUIET
from rag_eval.telemetry.observing import observed


def test_logs_and_numbers_are_on_in_the_block_and_off_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines as JSON where they are asked for, and the numbers know how many of them wait."""
    with observed(verbose=1, log_format="json", metrics_port=0) as url:
        assert url is not None
        logs.note("something happened", cases=3)
        metrics.case("scored")
        shown = series(fetched(url))
    assert shown["rag_eval_cases_total[scored]"] == 1
    assert "rag_eval_queue_depth[log_lines]" in shown
    line = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (line["event"], line["cases"]) == ("something happened", 3)
    assert (LIVE.instruments, LIVE.level) == (None, QUIET)
    logs.note("nobody hears it")
    assert capsys.readouterr().err == ""


def test_by_default_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """But what somebody must know."""
    with observed() as url:
        logs.note("a note")
        structlog.get_logger().warning("a warning")
    assert url is None
    shown = capsys.readouterr().err
    assert "a note" not in shown
    assert "a warning" in shown


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")])
def test_a_run_that_breaks_leaves_nothing_on(error: BaseException, tmp_path: Path) -> None:
    """Neither lines nor numbers of a later run go where these went."""
    with pytest.raises(type(error)), observed(verbose=2, metrics_file=tmp_path / "run.prom"):
        raise error
    assert (LIVE.instruments, LIVE.level) == (None, QUIET)
    assert "rag_eval_cases_total" in (tmp_path / "run.prom").read_text()


def test_a_port_that_is_taken_is_told_before_anything_begins() -> None:
    """And the logs are off again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--metrics-port {port}"), observed(verbose=2, metrics_port=port):
            pytest.fail("the block began")
    assert (LIVE.instruments, LIVE.level) == (None, QUIET)
