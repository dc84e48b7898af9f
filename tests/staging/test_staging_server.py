"""Starting and stopping the service as a process."""

import fcntl
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from staging.serving import Configure, client_of, log_in, running
from support.forker import ForkedProcess, Forker
from support.llm_server import Model

from rag_eval.staging.api import create_app
from rag_eval.staging.errors import ListenError
from rag_eval.staging.server import base_url, listen

_SERVE = """
import os
from functools import partial
from rag_eval.staging.server import serve
from rag_eval.staging.settings import Settings
for _ in range(2):
    serve(Settings.from_environ(os.environ), "127.0.0.1", 0, partial(print, flush=True))
    print("returned", flush=True)
"""


@pytest.mark.slow
def test_serve_until_told_to_stop(pages: Path) -> None:
    """The URL is told once requests are accepted; on either signal `serve` returns, having printed nothing."""
    login = {"RAG_STAGING_USERNAME": "ada", "RAG_STAGING_PASSWORD": "x", "RAG_STAGING_CORPUS": str(pages)}
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        env=os.environ | login,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        for stop in (signal.SIGTERM, signal.SIGINT):
            url = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
            assert httpx2.get(f"{url}/health", trust_env=False).json()["passages"] == 7
            process.send_signal(stop)
            assert process.stdout.readline() == "returned\n"
        assert process.communicate() == ("", "")
    assert process.returncode == 0


def test_answers_are_sent_at_once() -> None:
    """No answer waits for the client's acknowledgement of its first half, which takes 40 ms."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_port_in_use() -> None:
    """A port that is taken, or cannot exist, is an error that names it and says what to do."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert base_url(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{port}: .*; choose another port"):
            listen("127.0.0.1", port)
    for wrong in (-1, 65_536, 70_000):
        with pytest.raises(ListenError, match=rf":{wrong}: a port is a number from 0 to 65535"):
            listen("127.0.0.1", wrong)


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b"])
def test_wrong_host(host: str) -> None:
    """An address of another machine and what is no name at all cannot be listened on."""
    with pytest.raises(ListenError, match=re.escape(f"cannot listen on {host}:0")):
        listen(host, 0)


def test_light_imports() -> None:
    """The package, its settings, corpus and profiles load no web framework, no index and no client."""
    code = (
        "import sys; from rag_eval.staging import corpus, errors, profiles, settings; "
        "print([m for m in ('fastapi', 'uvicorn', 'bm25s', 'numpy', 'openai', 'qdrant_client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


_LOGIN = {"USERNAME": "ada", "PASSWORD": "right horse", "QUERY_LIMIT": "unlimited"}


def _environ(pages: Path, variables: Mapping[str, str]) -> dict[str, str]:
    named = {"CORPUS": str(pages), **_LOGIN, **variables}
    return os.environ | {f"RAG_STAGING_{name}": value for name, value in named.items()}


@contextmanager
def _service(
    forker: Forker, folder: Path, pages: Path, *argv: str, **variables: str
) -> Iterator[tuple[ForkedProcess, str]]:
    """The service as the command line starts it, in a process group of its own; yields it and its URL."""
    ready, printed = folder / "ready", folder / "printed"
    whole = ("staging", "--port", "0", "--ready-file", str(ready), *argv)
    with forker.start(*whole, env=_environ(pages, variables), out=printed, error=printed, session=True) as process:
        while not ready.exists():
            assert process.poll() is None, printed.read_text()
            time.sleep(0.02)
        yield process, ready.read_text()


@pytest.mark.slow
def test_requests_under_way_are_answered(forker: Forker, tmp_path: Path, pages: Path) -> None:
    """Told to stop while the model hangs, the service answers who is waiting, flagged and in time, and ends with 0."""
    model = Model(fault="hang")
    with (
        running(model.app) as llm,
        _service(
            forker, tmp_path, pages, LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny", LLM_TIMEOUT_S="60", DEADLINE_S="3"
        ) as (process, url),
        client_of(url) as client,
        ThreadPoolExecutor(1) as pool,
    ):  # fmt: skip
        waiting = pool.submit(log_in(client).post, "/api/v1/query/", json={"query": "When is the last boat?"})
        while not model.asked:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        response = waiting.result()
        assert process.wait() == 0
    assert (response.status_code, response.json()["degraded_by"]) == (200, ["llm"])
    lines = process.error.read_text().splitlines()
    assert all(line.startswith(("{", "staging listens")) for line in lines), lines


@pytest.mark.slow
def test_workers_end_with_their_parent(forker: Forker, tmp_path: Path, pages: Path) -> None:
    """Killed, it cannot tell them; they find out."""
    with _service(forker, tmp_path, pages, "--workers", "2", "--no-logs") as (process, url):
        process.kill()
        process.wait()
        with suppress(httpx2.TransportError):
            while httpx2.get(f"{url}/health", trust_env=False).status_code:
                time.sleep(0.1)


@pytest.mark.slow
def test_heads_must_come(monkeypatch: pytest.MonkeyPatch, configure: Configure) -> None:
    """A connection on which nothing comes, or drops of a head, is closed; one that is answered may be used again."""
    monkeypatch.setattr("rag_eval.staging.server._HEAD_S", 0.5)
    with running(create_app(configure())) as url:
        place = ("127.0.0.1", int(url.rpartition(":")[2]))
        kept = http.client.HTTPConnection(*place)
        with closing(kept):
            assert _health(kept) == 200
            with socket.create_connection(place) as silent, socket.create_connection(place) as dripping:
                drops = threading.Thread(target=_drip, args=(dripping,))
                drops.start()
                for wire in (silent, dripping):
                    with suppress(ConnectionResetError):
                        assert wire.recv(10) == b""
                drops.join()
            # It is older than those that were closed.
            assert _health(kept) == 200


def _health(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/health")
    with connection.getresponse() as response:
        response.read()
        return response.status


def _drip(wire: socket.socket) -> None:
    """Send a head that does not end, until nobody takes it."""
    with suppress(OSError):
        while True:
            wire.sendall(b"G")
            time.sleep(0.1)


@pytest.mark.slow
def test_the_demo_lets_demo_in_and_needs_nobody_to_read_its_log(tmp_path: Path, pages: Path) -> None:
    """Whatever account the environment names for something else; a full pipe stops neither requests nor the end."""
    ready = tmp_path / "ready"
    argv = [sys.executable, "-m", "rag_eval", "staging", "--demo", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(argv, env=_environ(pages, {}), stderr=subprocess.PIPE) as process:
        assert process.stderr
        holds = fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        try:
            while not ready.exists():
                assert process.poll() is None
                time.sleep(0.05)
            with client_of(ready.read_text()) as client:
                log_in(client, "demo", "demo")
                for _ in range(holds // 100):  # a line is longer
                    assert client.post("/api/v1/query/", json={"query": "ferry"}).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        finally:
            process.kill()


@pytest.mark.slow
def test_a_folder_of_qdrant_has_one_owner(forker: Forker, tmp_path: Path, pages: Path) -> None:
    """Several workers, or a second service, are told so, and do not start."""
    folder = {"QDRANT_PATH": str(tmp_path / "q")}
    with _service(forker, tmp_path, pages, **folder):
        for more, says in ((["--workers", "2"], "one process holds the folder"), ([], "cannot be used")):
            done = forker.run("staging", "--port", "0", *more, env=_environ(pages, folder))
            assert (done.code, "Traceback" in done.stderr) == (2, False), done.stderr
            assert "RAG_STAGING_QDRANT_PATH: " in done.stderr
            assert says in done.stderr
