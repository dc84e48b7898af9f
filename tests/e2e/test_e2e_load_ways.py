"""The ways to make load: several workers, captured times, a rate, Locust's own pages, and a stop by hand."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from support.loads import experiment, load, settle, unlimited_staging
from support.rag_server import RagServer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)


@pytest.fixture
def staging() -> Iterator[str]:
    """The service, without limits."""
    with unlimited_staging() as url:
        yield url


def test_two_workers_make_one_test(staging: str) -> None:
    """Locust's own master and workers: every request of both arrives here, and users are shared out."""
    experiment(staging)
    result, said = load("--workers", "2", "--sample", "0")
    assert result.exit_code == 0, result.output
    found = {one["name"]: one for one in said["load"]["endpoints"]}
    assert found["login"]["requests"] == 8
    assert said["load"]["peak_users"] == 8
    assert found["query"]["requests"] > 5
    assert all("too few" in remark for remark in said["load"]["remarks"]), "nothing was lost on the way"
    assert said["quality"] is None


def test_the_target_s_rate_is_kept() -> None:
    """By all users together, also where several processes make the load."""
    with RagServer() as server:
        experiment(server.url, login=False)
        settings = yaml.safe_load(Path("load.yaml").read_text())
        settings["target"]["rate"] = "10/second"
        Path("load.yaml").write_text(yaml.safe_dump(settings))
        _, result = load("--no-mlflow", "--sample", "0", "--workers", "2")
    total = result["load"]["total"]["requests"]
    assert 5 <= total <= 10 * (result["load"]["seconds"] + 1)


def test_captured_times_are_shared_out() -> None:
    """Over two processes each captured question is asked once."""
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": 1_767_225_600.0 + n / 20}
        for n in range(30)
    ]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with RagServer() as server:
        experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl")
        _, said = load("--no-mlflow", "--sample", "0", "--workers", "2")
        assert server.asked.total() == 31, "thirty, and the one at rest"
    assert said["load"]["total"]["requests"] == 30


def test_captured_times_are_kept() -> None:
    """Questions go out when they came, whatever answers take; times count from when they were due."""
    base = 1_767_225_600.0
    at = [0.0, 0.5, 0.5, 0.5, 1.0, 2.5]
    lines = [
        {"trace_id": f"t{n}", "question": f"Q{n}?", "answer": "A.", "timestamp": base + one} for n, one in enumerate(at)
    ]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with RagServer(seconds=0.3) as server:
        experiment(server.url, login=False, shape="replay", arrivals="traces.jsonl", users=1, duration="4s")
        _, said = load("--no-mlflow", "--sample", "0")
    folder = Path(said["folder"])
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    samples = [row for row in rows if isinstance(row, list)]
    assert [row[0] for row in samples] == at
    seconds = [row[1] for row in samples]
    # One user asks one after the other: the third and fourth of those at 0.5 s wait for their turn, and that counts.
    for measured, least in zip(seconds, [0.3, 0.3, 0.6, 0.9, 0.7, 0.3], strict=True):
        assert measured > least - 0.05
    assert said["load"]["late"] > 0.55


def test_stopped_by_hand(staging: str) -> None:
    """What was measured until then is written down, nothing is left running, exit 130."""
    experiment(staging, duration="60s")
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None and not _samples(20_000):
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
    assert process.returncode == 130, said
    folder = next(Path("loads").iterdir())
    summary = json.loads((folder / "load.json").read_text())["load"]
    assert summary["interrupted"]
    assert summary["total"]["requests"] > 20
    assert "not gated" in (folder / "report.html").read_text()
    left = subprocess.run(["pgrep", "-f", str(folder.resolve())], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_locust_s_own_pages(staging: str) -> None:
    """On request they are there while the test goes on, and count the same requests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    experiment(staging, duration="5s", sample=0)
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow", "--web", str(port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ) as process:
        stats: list[dict[str, Any]] = []
        while process.poll() is None and not (stats and stats[0]["num_requests"] > 5):
            time.sleep(0.2)
            try:
                stats = [
                    row
                    for row in httpx2.get(f"http://127.0.0.1:{port}/stats/requests", trust_env=False).json()["stats"]
                    if row["name"] == "query"
                ]
            except (httpx2.HTTPError, ValueError):
                continue
        said, _ = process.communicate()
    assert stats
    assert stats[0]["num_failures"] == 0
    assert process.returncode == 0, said


def test_killed(staging: str) -> None:
    """Nobody goes on to load a service when whoever wanted it was killed."""
    experiment(staging, duration="60s")
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow", "-q"]
    with subprocess.Popen(argv) as process:
        while process.poll() is None and not _samples(5_000):
            time.sleep(0.1)
        process.kill()
    folder = next(Path("loads").iterdir()).resolve()
    while True:
        running = [
            entry.name
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and _environ(entry).find(str(folder).encode()) >= 0
        ]
        if not running:
            return
        time.sleep(0.2)


def _samples(size: int) -> bool:
    """Whether so many bytes of samples are written."""
    return any(file.stat().st_size > size for file in Path().glob("loads/*/samples.jsonl"))


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_a_worker_that_is_killed(staging: str) -> None:
    """The test is not gated: nobody knows what it would have come to."""
    experiment(staging, duration="30s")
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow", "-q", "--workers", "2"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None and not _samples(5_000):
            time.sleep(0.1)
        workers = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and b"--worker\0" in _command(entry) and f"\n{process.pid}\n" in _parent(entry)
        ]
        os.kill(workers[0], signal.SIGKILL)
        said, _ = process.communicate()
    assert process.returncode == 3, said
    assert "ended before the test" in said
    summary = json.loads((next(Path("loads").iterdir()) / "load.json").read_text())["load"]
    assert summary["interrupted"]
    assert summary["total"]["requests"] > 0


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _parent(process: Path) -> str:
    try:
        status = (process / "status").read_text()
    except OSError:
        return ""
    return "\n" + next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1] + "\n"


def test_settings_of_locust_s_own_are_not_taken(staging: str) -> None:
    """What somebody wrote for another test of his own stays without effect."""
    experiment(staging, sample=0)
    Path("locust.conf").write_text("html = hacked.html\nmaster = true\n")
    result, said = load("--no-mlflow")
    assert result.exit_code == 0, result.output
    assert said["load"]["total"]["requests"] > 5
    assert not list(Path().rglob("hacked.html"))


@pytest.mark.parametrize("same", [True, False], ids=["the same", "something else"])
def test_a_worker_on_another_machine(staging: str, tmp_path: Path, same: bool) -> None:  # noqa: FBT001  a column
    """It needs nothing but the experiment and where the test is led; who asks something else makes it worth nothing."""
    experiment(staging, sample=0)
    there = tmp_path / "there"
    there.mkdir()
    said = Path("load.yaml").read_text()
    (there / "load.yaml").write_text(said if same else said.replace("retries: 0", "retries: 0\n  body: {query: '?'}"))
    (there / "questions.jsonl").write_text(Path("questions.jsonl").read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    argv = [sys.executable, "-m", "rag_eval", "load", "load.yaml", "--no-mlflow", "-q"]
    with (
        subprocess.Popen([*argv, "--worker", place], cwd=there, stderr=subprocess.DEVNULL) as worker,
        subprocess.Popen(
            [*argv, "--json", "-u", "4", "-t", "3s", "--expect-workers", "1", "--bind", place],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as leader,
    ):  # fmt: skip
        told, _ = leader.communicate()
        assert worker.wait() == 0
    summary = json.loads((next(Path("loads").iterdir()) / "load.json").read_text())["load"]
    assert summary["total"]["requests"] > 5
    assert {one["name"]: one["requests"] for one in summary["endpoints"]}["login"] == 4
    assert (leader.returncode, summary["interrupted"]) == ((0, False) if same else (3, True)), told
    assert {file.name for file in there.iterdir()} == {"load.yaml", "questions.jsonl"}, "nothing is left there"


def test_logins_are_not_counted_as_answers(staging: str) -> None:
    """Where captured times are replayed all log in before the first question is due."""
    at = [n / 10 for n in range(10)]
    lines = [{"question": f"Q{n}?", "answer": "A.", "timestamp": 1_767_225_600.0 + one} for n, one in enumerate(at)]
    Path("traces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    experiment(staging, shape="replay", arrivals="traces.jsonl", ramp_up=4, sample=0, duration="20s")
    _, said = load("--no-mlflow")
    found = {one["name"]: one for one in said["load"]["endpoints"]}
    assert (found["query"]["requests"], found["query"]["failed"], found["login"]["requests"]) == (10, 0, 8)
    assert found["query"]["percentiles"][0]["seconds"] < found["login"]["percentiles"][0]["seconds"]
