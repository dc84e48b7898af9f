"""Starting the processes that make load, and listening to what they write until the test is over."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from rag_eval.errors import UnreachableError, UsageError
from rag_eval.loadtest.samples import SAMPLES, Note, RequestSample, parse

LOG = "locust.log"
_POLL_S = 0.25
_WORKERS_FIRST_S = 3.0
_ENDING_S = 20.0
"""Seconds that processes may take to end after they were told to."""

LoadWatch = Callable[[RequestSample | Note], None]
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


def generate(folder: Path, spread: Spread, timeout: float, watch: LoadWatch) -> None:
    """Make load until the plan's time is over; a request that is under way then has its `timeout`, in seconds.

    Raises `UsageError` without Locust, `UnreachableError` where a process that makes load ends badly, and
    `KeyboardInterrupt` as it comes, when all processes have ended.
    """
    (folder / SAMPLES).touch()
    with _processes(_commands(spread, timeout), folder) as processes:
        _follow(folder, processes, watch)
    if processes[0].returncode not in (0, -signal.SIGINT, -signal.SIGTERM):
        raise UnreachableError(f"the process that makes load ended with {processes[0].returncode}: {_last(folder)}")


def join(folder: Path, master: str, timeout: float) -> None:
    """Make load for a master on another machine until it says that the test is over."""
    host, _, port = master.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"--worker {master}: reads HOST:PORT, as the master says it")
    stop = str(math.ceil(timeout) + 5)
    command = [*_locust(), "--worker", "--master-host", host, "--master-port", port, "--stop-timeout", stop]
    with _processes([command], folder) as processes:
        while processes[0].poll() is None:
            time.sleep(_POLL_S)
    if processes[0].returncode:
        raise UnreachableError(f"the worker ended with {processes[0].returncode}: {_last(folder)}")


def _locust() -> list[str]:
    file = files("rag_eval.loadtest").joinpath("locustfile.py")
    return [sys.executable, "-m", "locust", "-f", str(file), "--loglevel", "WARNING", "--skip-log-setup"]


def _commands(spread: Spread, timeout: float) -> list[list[str]]:
    """The processes, the leading one first."""
    stop = str(math.ceil(timeout) + 5)
    page = ["--headless"] if spread.web is None else ["--autostart", "--autoquit", "1", "--web-port", str(spread.web)]
    leading = [*_locust(), *page, "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", stop]
    if spread.web is not None:
        leading += ["--web-host", "127.0.0.1"]
    if spread.workers < 2 and not spread.expect:  # noqa: PLR2004  with one process there is nobody to lead
        return [leading]
    port = str(spread.port or _free_port())
    local = 0 if spread.expect else spread.workers
    leading += ["--master", "--master-bind-host", spread.bind, "--master-bind-port", port]
    leading += ["--expect-workers", str(local + spread.expect), "--expect-workers-max-wait", "120"]
    worker = [*_locust(), "--worker", "--master-host", "127.0.0.1", "--master-port", port, "--stop-timeout", stop]
    return [leading, *([worker] * local)]


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def _processes(commands: list[list[str]], folder: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run them; whatever happens, and however this process is told to end, none is left behind."""
    demand_locust()
    processes: list[subprocess.Popen[bytes]] = []
    environ = _environ(folder)
    with (folder / LOG).open("ab") as log, _told_to_end():
        try:
            for command in commands:
                processes += [_started(command, folder, environ, log)]
            yield processes
        finally:
            _end(processes)


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the test as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
    """Ours, without settings of Locust that somebody made for something else, and with whole paths.

    Locust looks for settings where it starts and in the home directory; both are the folder of the test.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    for name in ("PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        if ours.get(name):
            ours[name] = os.pathsep.join(str(Path(part).resolve()) for part in ours[name].split(os.pathsep) if part)
    where = str(folder.resolve())
    return ours | {"RAG_EVAL_LOAD_FOLDER": where, "HOME": where, "PYTHONUNBUFFERED": "1"}


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


def _follow(folder: Path, processes: "list[subprocess.Popen[bytes]]", watch: LoadWatch) -> None:
    """Tell of each line until the leading process has ended, or a worker before it."""
    process, *workers = processes
    with (folder / SAMPLES).open(encoding="utf-8") as file:
        rest = ""
        while True:
            is_over = process.poll() is not None
            if not is_over and any(worker.poll() is not None for worker in workers):
                time.sleep(_WORKERS_FIRST_S)  # at the end of a test all of them end, in any order
                if process.poll() is None:
                    raise UnreachableError(f"a process that makes load ended before the test: {_last(folder)}")
            rest += file.read()
            *lines, rest = rest.split("\n")
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
