"""The ways to make load: several workers, captured times, a rate, Locust's own pages, and a stop by hand."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.forker import Forker
from support.loads import asked, endpoints, experiment, fork, load, load_until, settle, unlimited_staging
from support.rag_server import RagServer

pytestmark = pytest.mark.slow

_FIRST = 1_767_225_600.0


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)


@pytest.fixture
def locust(forked_locust: Forker, monkeypatch: pytest.MonkeyPatch) -> Forker:
    """What forks the processes that make load."""
    fork(forked_locust, monkeypatch)
    return forked_locust


@pytest.fixture(scope="module")
def staging() -> Iterator[str]:
    """The service, without limits."""
    with unlimited_staging() as url:
        yield url


def _capture(*at: float) -> None:
    """Write captured questions, asked at these seconds."""
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": _FIRST + seconds}
        for n, seconds in enumerate(at)
    ]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))


def _samples(measured: Mapping[str, Any]) -> list[Any]:
    """What is written of each request."""
    rows = [json.loads(line) for line in (Path(measured["folder"]) / "samples.jsonl").read_text().splitlines()]
    return [row for row in rows if isinstance(row, list)]


@pytest.mark.usefixtures("locust")
def test_two_workers_make_one_test(staging: str) -> None:
    """Locust's own master and workers: requests of both arrive here, users are shared out, and so is the rate."""
    experiment(staging, target={"rate": "10/second"})
    result, measured = load_until(asked(6), "--workers", "2")
    assert result.exit_code == 0, result.output
    by_name = endpoints(measured)
    assert by_name["login"]["requests"] == 4
    assert measured["load"]["peak_users"] == 4
    assert 6 <= by_name["query"]["requests"] <= 10 * (measured["load"]["seconds"] + 1)
    assert all("too few" in remark for remark in measured["load"]["remarks"]), "nothing was lost on the way"
    assert measured["quality"] is None


@pytest.mark.usefixtures("locust")
def test_captured_times_are_shared_out() -> None:
    """Over two processes each captured question is asked once."""
    with RagServer() as server:
        for apart in (0.05, 0.5, 3.0):  # seconds; a slow machine needs more
            _capture(*(n * apart for n in range(12)))
            experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl", duration="60s")
            server.asked.clear()
            _, measured = load("--workers", "2")
            if "not_sent" not in measured["load"]["total"]["failures"]:
                break
        assert server.asked.total() == 13, "twelve, and the one at rest"
    assert measured["load"]["total"]["requests"] == 12


@pytest.mark.usefixtures("locust")
def test_captured_times_are_kept() -> None:
    """Questions go out when they came, whatever answers take; times count from when they were due."""
    at = [0.0, 0.5, 0.5, 0.5, 1.0, 2.5]
    _capture(*at)
    with RagServer(seconds=0.3) as server:
        experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl", users=1, duration="4s")
        _, measured = load()
    assert [sample[0] for sample in _samples(measured)] == at
    seconds = [sample[1] for sample in _samples(measured)]
    # One user asks one after the other: the third and fourth of those at 0.5 s wait for their turn, and that counts.
    for took, least in zip(seconds, [0.3, 0.3, 0.6, 0.9, 0.7, 0.3], strict=True):
        assert took > least - 0.05
    assert measured["load"]["late"] > 0.55


@pytest.mark.usefixtures("locust")
def test_logins_are_not_counted_as_answers(staging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where captured times are replayed all log in before the first question is due."""

    class Slow:
        def verify(self, *_: str) -> bool:
            time.sleep(1.0)
            return True

    monkeypatch.setattr("rag_eval.staging.accounts._passwords", Slow)
    for apart in (0.1, 1.0, 5.0):  # seconds; a slow machine needs more
        _capture(*(n * apart for n in range(6)))
        experiment(staging, shape="replay", arrivals="traces.jsonl", ramp_up=4, duration="60s")
        _, measured = load()
        by_name = endpoints(measured)
        if "not_sent" not in by_name["query"]["failures"]:
            break
    assert (by_name["query"]["requests"], by_name["query"]["failed"], by_name["login"]["requests"]) == (6, 0, 4)
    least = {name: min(row[1] for row in _samples(measured) if row[2] == name) for name in ("query", "login")}
    assert least["query"] < least["login"]


@pytest.mark.usefixtures("locust")
def test_locust_s_own_pages(staging: str) -> None:
    """On request they are there while the test goes on, and count the same requests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shown: list[dict[str, Any]] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.1):
            try:
                stats = httpx2.get(f"http://127.0.0.1:{port}/stats/requests", trust_env=False).json()["stats"]
            except (httpx2.HTTPError, ValueError):
                continue
            shown.extend(row for row in stats if row["name"] == "query")

    looks = threading.Thread(target=look)
    looks.start()
    try:
        experiment(staging)
        result, measured = load_until(lambda _: bool(shown), "--web", str(port), before=shown.clear)
    finally:
        is_over.set()
        looks.join()
    assert result.exit_code == 0, result.output
    assert shown
    assert {row["num_failures"] for row in shown} == {0}
    assert 0 < shown[-1]["num_requests"] <= endpoints(measured)["query"]["requests"]


def test_stopped_by_hand(staging: str, forker: Forker, tmp_path: Path) -> None:
    """What was measured until then is written down, nothing is left running, exit 130."""
    experiment(staging, duration="250s")
    printed = tmp_path / "printed"
    argv = ("load", "load.yaml")
    with forker.start(*argv, cwd=tmp_path, env=os.environ, out=printed, error=printed) as process:
        while process.poll() is None and not _has_samples():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 130, printed.read_text()
    folder = next(Path("loads").iterdir())
    summary = json.loads((folder / "load.json").read_text())["load"]
    assert summary["interrupted"]
    assert summary["total"]["requests"] > 0
    assert "not gated" in (folder / "report.html").read_text()
    assert not _makers(folder)


def test_killed(staging: str, forker: Forker, tmp_path: Path) -> None:
    """Nobody goes on to load a service when whoever wanted it was killed."""
    experiment(staging, duration="250s")
    printed = tmp_path / "printed"
    argv = ("load", "load.yaml", "-q")
    with forker.start(*argv, cwd=tmp_path, env=os.environ, out=printed, error=printed) as process:
        while process.poll() is None and not _has_samples():
            time.sleep(0.05)
        assert process.poll() is None, printed.read_text()
    folder = next(Path("loads").iterdir())
    while _makers(folder):
        time.sleep(0.1)


def _has_samples() -> bool:
    """Whether a request has been written down."""
    return any('"query"' in file.read_text() for file in Path().glob("loads/*/samples.jsonl"))


def _makers(folder: Path) -> list[int]:
    """The processes that make load for a test."""
    marker = f"RAG_EVAL_LOAD_FOLDER={folder.resolve()}\0".encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and marker in _environ(entry) + b"\0"
    ]


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_a_worker_that_is_killed(staging: str, locust: Forker) -> None:
    """The test is not gated: nobody knows what it would have come to."""
    experiment(staging, duration="250s")
    is_over = threading.Event()

    def kill() -> None:
        while not is_over.wait(0.05) and not _has_samples():
            pass
        os.kill(locust.pids[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    result, _ = load("--workers", "2")
    is_over.set()
    killer.join()
    assert result.exit_code == 3, result.output
    assert "ended before the test" in result.output
    summary = json.loads((next(Path("loads").iterdir()) / "load.json").read_text())["load"]
    assert summary["interrupted"]
    assert summary["total"]["requests"] > 0


@pytest.mark.usefixtures("locust")
def test_a_worker_on_another_machine(staging: str, tmp_path: Path, forker: Forker) -> None:
    """It needs nothing but the experiment and where the test is led."""
    experiment(staging)
    there, printed = tmp_path / "there", tmp_path / "printed"
    there.mkdir()
    for name in ("load.yaml", "questions.jsonl"):
        (there / name).write_text(Path(name).read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    argv = ("load", "load.yaml", "-q", "--worker", place)
    with forker.start(*argv, cwd=there, env=os.environ, out=printed, error=printed) as worker:
        result, measured = load("-u", "4", "-t", "3s", "--expect-workers", "1", "--bind", place)
        assert result.exit_code == 0, result.output
        assert worker.wait() == 0, printed.read_text()
    assert measured["load"]["total"]["requests"] > 0
    assert endpoints(measured)["login"]["requests"] == 4
    assert not measured["load"]["interrupted"]
    assert {file.name for file in there.iterdir()} == {"load.yaml", "questions.jsonl"}, "nothing is left there"
