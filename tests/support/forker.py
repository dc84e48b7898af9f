"""Runs programs many times in processes of their own, without paying for their imports each time.

As a script it imports what `rag-eval`, or Locust, needs, then forks a child for each that connects to it. For each line
of JSON that this one sends, the child forks one that is the program with its arguments, or tells how one has ended.
"""

import gc
import importlib
import json
import multiprocessing.util
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    """Exit code; -9 when it was killed."""
    output: str
    """Standard output, then standard error."""
    stdout: str
    stderr: str

    @property
    def returncode(self) -> int:
        """As `subprocess` calls it."""
        return self.code


class ForkedProcess:
    """A program that goes on; as much of `subprocess.Popen` as its users need. What it prints goes into two files."""

    def __init__(self, forker: "Forker", pid: int, out: Path, error: Path) -> None:
        self.pid, self.out, self.error = pid, out, error
        self.returncode: int | None = None
        self._forker = forker

    def poll(self) -> int | None:
        """The exit code; None while it goes on."""
        if self.returncode is None:
            self.returncode = self._forker.ask(do="poll", pid=self.pid)["code"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; raises `subprocess.TimeoutExpired`."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.02)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""
        self.kill()
        self.wait()


class Forker:
    """Used as `with Forker(folder, socket) as forker`, then `forker.run(...)`; commands work in `folder`."""

    def __init__(self, folder: Path, address: Path) -> None:
        self._folder = folder
        self._address = address
        self._environ = dict(os.environ)
        self._connection = socket.socket(socket.AF_UNIX)
        self._answers: TextIO | None = None
        self._lock = threading.Lock()
        self.pids: list[int] = []
        """Of what was started, in this order."""

    def __enter__(self) -> Self:
        # Its path may be longer than an address of a socket.
        here = os.open(self._address.parent, os.O_RDONLY)
        self._connection.connect(f"/proc/self/fd/{here}/{self._address.name}")
        os.close(here)
        self._answers = self._connection.makefile()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._answers is not None
        self._answers.close()
        self._connection.close()

    def run(
        self,
        *argv: str,
        kill_after: float | None = None,
        kill_when: Path | None = None,
        by: int = signal.SIGKILL,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run one command to its end, or send it a signal after so many seconds, or once a file is there.

        It works in `cwd`, else in the folder of all, and has the environment `env`, else that of all.
        """
        when = None if kill_when is None else str(kill_when)
        with tempfile.TemporaryDirectory() as folder:
            process = self.start(*argv, cwd=cwd, env=env, out=Path(folder, "out"), error=Path(folder, "error"))
            code = self.ask(do="wait", pid=process.pid, kill_after=kill_after, when=when, by=int(by))["code"]
            out, error = process.out.read_text(), process.error.read_text()
        return Ended(code, out + error, out, error)

    def start(
        self,
        *argv: str,
        out: Path,
        error: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        session: bool = False,
    ) -> ForkedProcess:
        """Start one command that goes on meanwhile, on request in a session of its own."""
        told = self.ask(
            do="start", argv=argv, out=str(out.resolve()), error=str(error.resolve()),
            cwd=str((cwd or self._folder).resolve()), env=dict(env or self._environ), session=session,
        )  # fmt: skip
        self.pids += [told["pid"]]
        return ForkedProcess(self, told["pid"], out, error)

    def ask(self, **order: Any) -> dict[str, Any]:
        """Send an order and read the answer to it."""
        assert self._answers is not None
        with self._lock:
            self._connection.sendall(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(self._answers.readline())
            return answer


def serve(program: str, folder: Path) -> dict[str, Any]:
    """Start one that listens at a socket in a folder; tells where, and its group of processes."""
    listener = socket.socket(socket.AF_UNIX)
    here = os.open(folder, os.O_RDONLY)
    listener.bind(f"/proc/self/fd/{here}/socket")
    os.close(here)
    listener.listen()
    argv = [sys.executable, str(Path(__file__).resolve()), program]
    given = [(os.POSIX_SPAWN_DUP2, listener.fileno(), 0)]
    # Not by `subprocess`, which complains of a process that outlives whoever started it, as this one may.
    pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=given, setsid=True)
    listener.close()
    return {"socket": str(folder / "socket"), "pid": pid}


_ELSEWHERE = (
    "rag_eval.__main__", "rag_eval.staging", "rag_eval.loadtest.locustfile", "rag_eval.loadtest.client",
    "rag_eval.pytest_plugin",
)  # fmt: skip
"""What changes the process that imports it, or belongs to another one."""

_OF_LOCUST = (
    "rag_eval.loadtest.client", "rag_eval.loadtest.plan", "rag_eval.loadtest.recorder", "rag_eval.loadtest.session",
    "rag_eval.loadtest.shapes", "rag_eval.targets.http.exchange", "rag_eval.targets.http.auth.login",
    "rag_eval.targets.http.auth.bearer", "rag_eval.targets.http.tls", "limits.storage", "limits.strategies",
    "locust.runners", "locust.web",
)  # fmt: skip


def _rag_eval() -> Callable[[], object]:
    """Import all that a command may need."""
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    import openai.resources  # noqa: F401  which the client imports when it is asked first
    import ragas.metrics.collections  # noqa: F401
    import scipy.stats  # noqa: F401

    import rag_eval
    from rag_eval.cli import main

    _import_all(rag_eval)
    return main


def _import_all(package: Any, but: tuple[str, ...] = _ELSEWHERE) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.startswith(but):
            importlib.import_module(module.name)


def _locust() -> Callable[[], object]:
    """Import all that a process needs that makes load; this one is on gevent from now on."""
    from locust.main import main

    for name in _OF_LOCUST:
        importlib.import_module(name)
    begin: Callable[[], object] = main
    return begin


def _serve(program: str, listener: socket.socket) -> None:
    """Import a program, then fork a child for each that connects."""
    main = _locust() if program == "locust" else _rag_eval()
    gc.collect()
    gc.freeze()
    while True:
        connection, _ = listener.accept()
        if _fork() == 0:
            listener.close()
            with connection, connection.makefile("rw") as orders:
                _obey(main, program, orders)
            os._exit(0)
        connection.close()


def _obey(main: Callable[[], object], program: str, orders: TextIO) -> None:
    """Answer orders until there are no more."""
    while line := orders.readline():
        order = json.loads(line)
        answer: dict[str, int | None]
        match order.pop("do"):
            case "start":
                if order["argv"][:1] == ["staging"]:  # once somebody wants it
                    import rag_eval.staging

                    _import_all(rag_eval.staging, but=())
                answer = {"pid": _started(main, program, order)}
            case "poll":
                answer = {"code": _wait(order["pid"], os.WNOHANG)}
            case _:
                answer = {"code": _ended(**order)}
        orders.write(json.dumps(answer) + "\n")
        orders.flush()


def _fork() -> int:
    if "gevent" in sys.modules:
        from gevent.os import fork_gevent

        child: int = fork_gevent()
        return child
    return os.fork()


def _started(main: Callable[[], object], program: str, order: Mapping[str, Any]) -> int:
    """The process id of a child that is the program."""
    child = _fork()
    if child == 0:
        _be(main, program, order)
    return child


def _be(main: Callable[[], object], program: str, order: Mapping[str, Any]) -> None:
    """Be the program; never returns."""
    code: Any = 1
    try:
        _settle(order)
        sys.argv = [program, *order["argv"]]
        main()
        code = 0
    except SystemExit as error:
        code = 0 if error.code is None else error.code
    except BaseException:  # noqa: BLE001  as the interpreter does in the end
        traceback.print_exc()
    finally:
        # What a program that ends does for its own processes: else their tracker says that semaphores were left.
        multiprocessing.util._exit_function()  # type: ignore[attr-defined]
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _settle(order: Mapping[str, Any]) -> None:
    """Be where the program is to be, with its environment and its files in the place of ours."""
    for descriptor, path in enumerate((order["out"], order["error"]), 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
    os.chdir(order["cwd"])
    paths = order["env"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [order["cwd"], *filter(None, paths)]  # as `python -m` does
    os.environ.clear()
    os.environ.update(order["env"])
    if order["session"]:
        os.setsid()


def _wait(child: int, options: int = 0) -> int | None:
    """The exit code of a child, minus the signal's number for a killed one; None where it goes on."""
    waitpid: Callable[[int, int], tuple[int, int]] = os.waitpid
    if "gevent" in sys.modules:
        from gevent import monkey

        waitpid = monkey.get_original("os", "waitpid")
    done, status = waitpid(child, options)
    return os.waitstatus_to_exitcode(status) if done else None


def _ended(pid: int, kill_after: float | None, when: str | None, by: int) -> int | None:
    """The exit code of a child, sent its signal in time if it is to be."""
    until = None if kill_after is None else time.monotonic() + kill_after
    while until or when:
        code = _wait(pid, os.WNOHANG)
        if code is not None:
            return code
        if (until is not None and time.monotonic() >= until) or (when is not None and Path(when).exists()):
            os.kill(pid, by)
            until = when = None
        time.sleep(0.002)
    return _wait(pid)


if __name__ == "__main__":
    _serve(sys.argv[1], socket.socket(fileno=0))
