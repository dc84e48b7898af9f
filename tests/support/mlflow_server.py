"""MLflow's own server on a database file, started and stopped as a test wants."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from support.mlflow_store import ready_store


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class MlflowServer:
    """Used as `with MlflowServer(folder) as server`, then `server.url`; may be stopped and started again.

    With a port it is the one in that folder that somebody else has started. `packages` is a folder of packages that
    go before those that are installed, and with it the server makes its own database.
    """

    def __init__(self, folder: Path, port: int | None = None, packages: Path | None = None) -> None:
        self._folder = folder
        self._packages = packages
        self._port = port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def let_go(self) -> int:
        """Leave it to others to stop it; the group of its processes."""
        assert self._process is not None
        process, self._process = self._process, None
        process.returncode = 0  # else Python complains of a process that outlives whoever started it
        return process.pid

    @property
    def url(self) -> str:
        """The tracking URI."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def database(self) -> Path:
        """The file that it keeps everything in."""
        return self._folder / "mlflow.db"

    @property
    def port(self) -> int:
        """Where it listens on the loopback address."""
        return self._port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, patience: float = 120.0) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--backend-store-uri", f"sqlite:///{self.database}", "--workers", "1"]
        command += ["--artifacts-destination", str(self._folder / "artifacts")]
        if self._packages is None:
            ready_store(self.database)
        log = (self._folder / "server.log").open("ab")
        switches = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        # Its jobs are processes that nothing here uses, and that take more of both cores than the tests.
        environ = {**os.environ, **switches, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        if self._packages is not None:
            environ["PYTHONPATH"] = str(self._packages)
        self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environ)
        log.close()
        until = time.monotonic() + patience
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "server.log").read_text()
            assert time.monotonic() < until, (self._folder / "server.log").read_text()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it and whatever it started, at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False


def serve(folder: Path) -> dict[str, Any]:
    """Start one in a folder that somebody else may stop; tells where it is, and the group of its processes."""
    server = MlflowServer(folder)
    server.start()
    return {"folder": str(folder), "port": server.port, "pid": server.let_go()}
