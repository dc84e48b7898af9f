"""Starting and stopping the service as a process."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from rag_eval.staging.errors import ListenError
from rag_eval.staging.server import base_url, listen

_SERVE = """
import os
from functools import partial
from rag_eval.staging.server import serve
from rag_eval.staging.settings import Settings
serve(Settings.from_environ(os.environ), "127.0.0.1", 0, partial(print, flush=True))
print("returned", flush=True)
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_until_told_to_stop(pages: Path, stop: signal.Signals) -> None:
    """The URL is told once requests are accepted; on a signal `serve` returns, having printed nothing."""
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
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        assert httpx2.get(f"{url}/health", trust_env=False).json()["passages"] == 7
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("returned\n", "", 0)


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
