"""`rag-eval ui`."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_ends(tmp_path: Path, stop: signal.Signals) -> None:
    """Neither the server nor what it had started, whoever ends it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "rag_eval", "ui", "--port", str(port)]
    environ = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/canary-store.db"}
    with subprocess.Popen(argv, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ui:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        ui.send_signal(stop)
        assert ui.wait(30) == 130
    time.sleep(0.5)
    left = [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_ours(entry)]
    assert left == []


def _is_ours(process: Path) -> bool:
    try:
        return b"canary-store.db" in (process / "environ").read_bytes()
    except OSError:
        return False
