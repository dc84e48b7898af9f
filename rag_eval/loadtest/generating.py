"""Starting the processes that make load, and listening to what they write until the test is over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from rag_eval.errors import UnreachableError, UsageError
from rag_eval.loadtest.samples import SAMPLES, Note, Sample, parse

LOG = "locust.log"
_POLL_S = 0.25
_ENDING_S = 20.0
"""Seconds that processes may take to end after they were told to."""

Watch = Callable[[Sample | Note], None]
"""Is told of each line as it is written."""


@dataclass(frozen=True)
class Spread:
    """Over how many processes, and machines, load is made."""

    workers: int = 1
    """Processes on this machine; one makes the load itself, several have a master."""
    expect: int = 0
    """Workers on other machines to wait for; with them this machine only leads."""
    bind: str = "127.0.0.1"
    port: int = 0
    """Where workers find the master; 0 takes a free port."""
    web: int | None = None
    """Port of Locust's own pages; None for none."""


def generate(folder: Path, spread: Spread, watch: Watch) -> None:
    """Make load until the plan's time is over.

    Raises `UsageError` without Locust, `UnreachableError` where a process that makes load ends badly, and
    `KeyboardInterrupt` as it comes, when all processes have ended.
    """
    (folder / SAMPLES).touch()
    with _processes(_commands(spread), folder) as processes:
        _follow(folder, processes[0], watch)
    if processes[0].returncode not in (0, -signal.SIGINT, -signal.SIGTERM):
        raise UnreachableError(f"the process that makes load ended with {processes[0].returncode}: {_last(folder)}")


def join(folder: Path, master: str) -> None:
    """Make load for a master on another machine until it says that the test is over."""
    host, _, port = master.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--worker {master}: reads HOST:PORT, as the master says it")
    command = [*_locust(), "--worker", "--master-host", host, "--master-port", port]
    with _processes([command], folder) as processes:
        while processes[0].poll() is None:
            time.sleep(_POLL_S)
    if processes[0].returncode:
        raise UnreachableError(f"the worker ended with {processes[0].returncode}: {_last(folder)}")


def _locust() -> list[str]:
    file = files("rag_eval.loadtest").joinpath("locustfile.py")
    return [sys.executable, "-m", "locust", "-f", str(file), "--loglevel", "WARNING", "--skip-log-setup"]


def _commands(spread: Spread) -> list[list[str]]:
    """The processes, the leading one first."""
    page = ["--headless"] if spread.web is None else ["--autostart", "--autoquit", "1", "--web-port", str(spread.web)]
    leading = [*_locust(), *page, "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", "30"]
    if spread.web is not None:
        leading += ["--web-host", "127.0.0.1"]
    if spread.workers < 2 and not spread.expect:  # noqa: PLR2004  with one process there is nobody to lead
        return [leading]
    port = str(spread.port or _free_port())
    local = 0 if spread.expect else spread.workers
    leading += ["--master", "--master-bind-host", spread.bind, "--master-bind-port", port]
    leading += ["--expect-workers", str(local + spread.expect), "--expect-workers-max-wait", "120"]
    worker = [*_locust(), "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    return [leading, *([worker] * local)]


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def _processes(commands: list[list[str]], folder: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run them; whatever happens, none is left behind."""
    demand_locust()
    processes: list[subprocess.Popen[bytes]] = []
    environ = _environ(folder)
    with (folder / LOG).open("ab") as log:
        try:
            for command in commands:
                processes += [_started(command, folder, environ, log)]
            yield processes
        finally:
            _end(processes)


def _started(command: list[str], folder: Path, environ: Mapping[str, str], log: BinaryIO) -> "subprocess.Popen[bytes]":
    """One process, in a session of its own: Ctrl-C reaches it from here, once, and in order."""
    return subprocess.Popen(  # noqa: S603 - ours
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _environ(folder: Path) -> Mapping[str, str]:
    """Ours, without settings of Locust that somebody made for something else."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    return ours | {"RAG_EVAL_LOAD_FOLDER": str(folder.resolve()), "PYTHONUNBUFFERED": "1"}


def demand_locust() -> None:
    """Raise `UsageError` where Locust is not installed."""
    from importlib.util import find_spec

    if find_spec("locust") is None:
        raise UsageError("locust is missing. Do: pip install 'rag-eval[load]'")


def _end(processes: "list[subprocess.Popen[bytes]]") -> None:
    """The leading process first: it ends its workers and writes what they have."""
    deadline = time.monotonic() + _ENDING_S
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _follow(folder: Path, process: "subprocess.Popen[bytes]", watch: Watch) -> None:
    """Tell of each line until the leading process has ended."""
    with (folder / SAMPLES).open(encoding="utf-8") as file:
        held = ""
        while True:
            is_over = process.poll() is not None
            held += file.read()
            *lines, held = held.split("\n")
            for line in lines:
                if line:
                    watch(parse(line))
            if is_over:
                return
            time.sleep(_POLL_S)


def _last(folder: Path) -> str:
    """What the processes complained of last, on one line."""
    lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:])[-600:] or f"see {folder / LOG}"
