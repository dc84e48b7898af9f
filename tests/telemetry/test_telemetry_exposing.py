"""What is counted, for whoever collects it: on a port, or in a file, and never in the way of the run."""

import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.counting import fetched, series

from rag_eval import telemetry
from rag_eval.errors import UsageError
from rag_eval.telemetry import metrics
from rag_eval.telemetry.exposing import HOST, exposed
from rag_eval.telemetry.live import LIVE
from rag_eval.telemetry.prometheus import Instruments


def test_a_port_in_use_is_told_before_the_run() -> None:
    """The message says which, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = f"--metrics-port {port}: cannot listen on 127.0.0.1:{port}.*another port"
        with pytest.raises(UsageError, match=said), exposed(port, None):
            raise AssertionError


def test_the_host_is_a_setting() -> None:
    """Loopback unless somebody says otherwise; a host that is none of ours is told."""
    with exposed(0, None, environ={HOST: "0.0.0.0"}) as url:
        assert url is not None
        assert url.startswith("http://0.0.0.0:")
    with pytest.raises(UsageError, match=HOST), exposed(0, None, environ={HOST: "192.0.2.1"}):
        raise AssertionError


def test_a_missing_library_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says what to install."""
    monkeypatch.delitem(sys.modules, "rag_eval.telemetry.prometheus", raising=False)
    monkeypatch.delattr(telemetry, "prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    for port, file in ((0, None), (None, tmp_path / "run.prom")):
        with pytest.raises(UsageError, match=r"pip install 'rag-eval\[metrics\]'"), exposed(port, file):
            raise AssertionError


def test_the_file_is_written_meanwhile_and_at_the_end(tmp_path: Path) -> None:
    """Whoever reads it at any moment finds a whole file."""
    file = tmp_path / "run.prom"
    with exposed(None, file, every_s=0.01):
        while not file.exists():
            time.sleep(0.005)
        for number in range(200):
            metrics.case("answered")
            assert series(file.read_text())["rag_eval_cases_total[answered]"] <= number + 1
            time.sleep(0.001)
        metrics.case("scored")
    found = series(file.read_text())
    assert (found["rag_eval_cases_total[answered]"], found["rag_eval_cases_total[scored]"]) == (200, 1)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    """The run goes on."""
    with capture_logs() as told, exposed(None, tmp_path / "nowhere" / "run.prom", every_s=0.005):
        while not told:
            time.sleep(0.005)
        time.sleep(0.05)  # in which it could be told again
    assert [(line["event"], line["why"]) for line in told] == [
        ("the metrics file cannot be written; the run goes on", "No such file or directory")
    ]


def test_a_server_that_dies_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on."""
    servers: list[Any] = []
    listen = Instruments.listen

    def listening(self: Instruments, host: str, port: int) -> Any:
        server, thread = listen(self, host, port)
        servers.append(server)
        return server, thread

    monkeypatch.setattr(Instruments, "listen", listening)
    with capture_logs() as told, exposed(0, None, every_s=0.01):
        servers[0].shutdown()
        while not told:
            time.sleep(0.005)
        metrics.case("answered")
        time.sleep(0.05)  # in which it could be told again
    assert [line["event"] for line in told] == ["the metrics server has ended; the run goes on"]


def test_a_collector_that_hangs_holds_up_nobody() -> None:
    """The end of a run does not wait for who asked and does not read."""
    with exposed(0, None) as url:
        assert url is not None
        host, port = url.removeprefix("http://").removesuffix("/metrics").split(":")
        silent = socket.create_connection((host, int(port)))
        time.sleep(0.05)
    silent.close()


def test_without_being_asked_for_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a library imported for it."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with exposed(None, None) as url:
        assert (url, LIVE.instruments) == (None, None)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")])
def test_however_a_run_ends_counting_ends_with_it(error: BaseException, tmp_path: Path) -> None:
    """The last numbers are in the file, and nobody listens any more."""
    urls: list[str] = []

    def run() -> None:
        with exposed(0, tmp_path / "run.prom") as url:
            assert url is not None
            urls.append(url)
            metrics.case("scored")
            raise error

    with pytest.raises(type(error)):
        run()
    assert LIVE.instruments is None
    assert series((tmp_path / "run.prom").read_text())["rag_eval_cases_total[scored]"] == 1
    with pytest.raises(OSError, match="refused"):
        fetched(urls[0])


def test_the_port_and_the_file_say_the_same(tmp_path: Path) -> None:
    """Both at a time."""
    with exposed(0, tmp_path / "run.prom") as url:
        assert url is not None
        metrics.planned(7)
        shown = series(fetched(url))
    assert shown == series((tmp_path / "run.prom").read_text())
    assert shown["rag_eval_cases_planned"] == 7


def test_an_address_of_ipv6_is_a_url() -> None:
    """With brackets around it; where the machine has none there is nothing to see."""
    try:
        with exposed(0, None, environ={HOST: "::1"}) as url:
            assert url is not None
            assert url.startswith("http://[::1]:")
            assert "rag_eval_cases_planned" in fetched(url)
    except UsageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("port", [65536, -1])
def test_a_port_that_there_is_not_is_told_of(port: int) -> None:
    """As one that cannot be listened on."""
    with pytest.raises(UsageError, match=f"^--metrics-port {port}: cannot listen"), exposed(port, None):
        raise AssertionError
