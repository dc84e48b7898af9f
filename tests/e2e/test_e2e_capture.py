"""Real services under auto-instrumentation, kills and floods: nothing acknowledged is lost or doubled."""

import gzip
import hashlib
import http.client
import itertools
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.forker import Forker
from support.receiving import JSON, Reply, captured, exchanges, post, raw

from rag_eval.traces.receiver import span_files

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
SERVICE = REPOSITORY / "tests" / "support" / "traced_service.py"
TOKEN = "a-token-of-some-length"
_LARGEST_GROWTH = 400 << 10
"""KiB that a flood may add to the memory of the receiver: what may wait, and one decoded request."""


def _lines_of_the_docs(folder: Path) -> None:
    """Write the module that docs/capture.md shows."""
    shown = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", (REPOSITORY / "docs" / "capture.md").read_text(), re.DOTALL)
    assert [name for name, _ in shown] == ["tracing.py"]
    for name, code in shown:
        (folder / name).write_text(code)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def _service(folder: Path, name: str, **environ: str) -> Iterator[Callable[[], str]]:
    """The service under `opentelemetry-instrument`; what it yields waits for it and tells its URL."""
    port = _free_port()
    env = {
        **os.environ, "PYTHONPATH": str(folder), "OTEL_SERVICE_NAME": name, "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "4096", **environ,
    }  # fmt: skip
    instrument = Path(sys.executable).with_name("opentelemetry-instrument")
    with subprocess.Popen([instrument, sys.executable, SERVICE, str(port)], env=env) as process:

        def listens() -> str:
            _wait_for(port, process)
            return f"http://127.0.0.1:{port}"

        try:
            yield listens
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    while True:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _trace_id(run: str, case: str) -> str:
    return hashlib.sha256(f"{run}|{case}".encode()).hexdigest()[:32]


def _ask(url: str, run: str, case: str) -> dict[str, Any]:
    """What the harness sends with every question."""
    parent = f"00-{_trace_id(run, case)}-{secrets.token_hex(8)}-01"
    body = json.dumps({"query": f"What of {case}?"}).encode()
    reply = post(url, body, JSON, "/query", traceparent=parent)
    assert reply.status == 200
    told: dict[str, Any] = json.loads(reply.body)
    return told


def test_every_trace_is_matched_to_its_case(tmp_path: Path, forker: Forker) -> None:
    """60 of 60 from two services at once, one of which packs; question, contexts and answer are right."""
    _lines_of_the_docs(tmp_path)
    cases = [f"case-{number}" for number in range(60)]
    folder = tmp_path / "capture"
    shown = {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{TOKEN}", "OTEL_BSP_SCHEDULE_DELAY": "200"}
    options = ("--token-env", "CAPTURE_TOKEN", "--until", "60")
    with captured(forker, folder, *options, env={"CAPTURE_TOKEN": TOKEN}) as receiver, ExitStack() as stack:
        shown["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url
        services = [
            stack.enter_context(_service(tmp_path, "one", OTEL_EXPORTER_OTLP_COMPRESSION="gzip", **shown)),
            stack.enter_context(_service(tmp_path, "two", **shown)),
        ]
        urls = [service() for service in services]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(_ask, itertools.cycle(urls), itertools.repeat("run"), cases))
        assert all(list(reply) == ["answer"] for reply in replies)
        out = receiver.ended()
    assert "60 traces" in out
    assert "60 traces with contexts" in out
    found = exchanges(folder)
    for case, reply in zip(cases, replies, strict=True):
        exchange = found.pop(_trace_id("run", case))
        assert exchange.question == f"What of {case}?"
        assert exchange.response == reply["answer"] == f"It is so: What of {case}?"
        assert exchange.contexts == tuple(f"Passage {rank} about: What of {case}?" for rank in (1, 2, 3))
        assert exchange.context_ids == ("page-1", "page-2", "page-3")
        assert exchange.context_scores == (1.0, 0.5, 1 / 3)
        assert exchange.metadata["service"] in {"one", "two"}
        assert exchange.latency_s is not None
    assert found == {}


class _Exporter(threading.Thread):
    """Sends traces one by one and sends again what was not acknowledged, as exporters do; the URL may change."""

    def __init__(self, place: list[str], numbers: Iterable[int]) -> None:
        super().__init__(daemon=True)
        self._place, self._numbers = place, numbers
        self.acknowledged: list[int] = []
        self.retried = 0
        self.gives_up = False

    def run(self) -> None:
        for number in self._numbers:
            while not self._sent(number):
                if self.gives_up:
                    return
                self.retried += 1
                time.sleep(0.02)
            self.acknowledged.append(number)

    def _sent(self, number: int) -> bool:
        try:
            return post(self._place[0], gzip.compress(raw(number)), content_encoding="gzip").status == 200
        except (OSError, http.client.HTTPException):
            return False


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path, forker: Forker) -> None:
    """Three kills in the middle of two streams: everything acknowledged is there when it is read, and once."""
    folder, place = tmp_path / "capture", ["http://127.0.0.1:1"]
    exporters = [_Exporter(place, range(first, 401, 2)) for first in (1, 2)]
    for kill in range(4):
        with captured(forker, folder, "--limit", "1000000/minute") as receiver:
            place[0] = receiver.url
            if kill == 0:
                for exporter in exporters:
                    exporter.start()
            if kill < 3:
                goal = (kill + 1) * 80
                while sum(len(exporter.acknowledged) for exporter in exporters) < goal:
                    time.sleep(0.01)
                receiver.kill()
                acknowledged = [number for exporter in exporters for number in tuple(exporter.acknowledged)]
                assert {f"{number:032x}" for number in acknowledged} <= set(exchanges(folder))
            else:
                for exporter in exporters:
                    exporter.join()
                out = receiver.end()
    assert "400 traces, 800 spans" in out
    assert sum(exporter.retried for exporter in exporters) > 0
    kept = exchanges(folder)
    assert set(kept) == {f"{number:032x}" for number in range(1, 401)}
    assert all(exchange.question and exchange.response and exchange.contexts for exchange in kept.values())
    rows = [row for path in span_files.capture_files(folder) for row in span_files.rows(path, ("trace_id", "span_id"))]
    assert len(rows) == len(set(rows)) == 800


def _resident(pid: int) -> int:
    """KiB of memory at the highest."""
    told = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", told)
    assert found
    return int(found[1])


def _flood(url: str, body: bytes, **headers: str) -> list[Reply]:
    """Send it, whatever becomes of it."""
    try:
        return [post(url, body, **headers)]
    except OSError:  # it was closed while more was being sent
        return []


def test_a_flood_is_told_to_wait_and_memory_stays(tmp_path: Path, forker: Forker) -> None:
    """Large batches, bombs and empty messages from many at once; afterwards it takes traces as before."""
    batch = raw(*range(1, 3001))
    bomb = gzip.compress(b"\0" * (256 << 20), 1)
    empty = b"\x0a\x00" * (7 << 20)
    bodies = [
        (batch, {}),
        (bomb, {"content_encoding": "gzip"}),
        (empty, {}),
        (gzip.compress(batch, 1), {"content_encoding": "gzip"}),
    ]
    with captured(forker, tmp_path / "capture", "--limit", "1000000/minute") as receiver:
        assert post(receiver.url, raw(1)).status == 200
        before = _resident(receiver.process.pid)
        assert [post(receiver.url, body, **told).status for body, told in bodies] == [200, 413, 413, 200]
        with ThreadPoolExecutor(24) as pool:
            jobs = [pool.submit(_flood, receiver.url, body, **told) for body, told in bodies * 6]
            replies = [reply for job in jobs for reply in job.result()]
        assert {reply.status for reply in replies} <= {200, 413, 503}
        assert all(reply.headers["retry-after"] == "1" for reply in replies if reply.status == 503)
        grown = _resident(receiver.process.pid) - before
        assert grown < _LARGEST_GROWTH
        assert post(receiver.url, raw(7000)).status == 200
        out = receiver.end()
    assert "3001 traces, 6002 spans" in out


def test_a_rate_over_the_limit_is_refused_and_survived(tmp_path: Path, forker: Forker) -> None:
    """Most requests of a flood of small ones get 429; those with 200 are kept."""
    with captured(forker, tmp_path / "capture", "--limit", "20/hour") as receiver, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: post(receiver.url, raw(number)), range(1, 201)))
        kept = sum(reply.status == 200 for reply in replies)
        assert {reply.status for reply in replies} == {200, 429}
        assert all(1 <= int(reply.headers["retry-after"]) <= 3600 for reply in replies if reply.status == 429)
        assert f"{kept} traces" in receiver.end()
    assert kept in {20, 40}  # an hour may end meanwhile


def test_an_end_waits_for_requests_under_way(tmp_path: Path, forker: Forker) -> None:
    """SIGTERM while batches arrive: whatever was answered with 200 is in a Parquet file, and no log is left."""
    folder, place = tmp_path / "capture", [""]
    with captured(forker, folder, "--limit", "1000000/minute") as receiver:
        place[0] = receiver.url
        exporters = [_Exporter(place, itertools.count(first, 4)) for first in (1, 2, 3, 4)]
        for exporter in exporters:
            exporter.start()
        while sum(len(exporter.acknowledged) for exporter in exporters) < 60:
            time.sleep(0.01)
        receiver.end()
        for exporter in exporters:
            exporter.gives_up = True
            exporter.join()
        acknowledged = {f"{number:032x}" for exporter in exporters for number in exporter.acknowledged}
    assert not (folder / span_files.LOG).exists()
    kept = {row["trace_id"] for path in span_files.capture_files(folder) for row in pq.read_table(path).to_pylist()}
    assert acknowledged <= kept
