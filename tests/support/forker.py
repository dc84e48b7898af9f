"""Runs the command line many times in processes of their own, without paying for its imports each time.

As a script it imports what a run needs, then for each line of JSON on standard input forks a child that is
`rag-eval ARGV`, sends it a signal after a while if told to, and answers with how it ended.
"""

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


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


class Forker:
    """Used as `with Forker(folder, environ) as forker`, then `forker.run(...)`; commands work in `folder`."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.communicate()

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
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        when = None if kill_when is None else str(kill_when)
        with tempfile.TemporaryDirectory() as folder:
            order = {
                "argv": argv, "kill_after": kill_after, "when": when, "by": int(by), "output": folder,
                "cwd": str(cwd or self._folder), "env": dict(env or self._environ),
            }  # fmt: skip
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = json.loads(self._process.stdout.readline())["code"]
            out, error = (Path(folder, name).read_text() for name in ("out", "error"))
        return Ended(code, out + error, out, error)


_ELSEWHERE = ("rag_eval.__main__", "rag_eval.staging", "rag_eval.loadtest.locustfile", "rag_eval.loadtest.client")
"""What changes the process that imports it, or belongs to another one."""


def _serve() -> None:
    """Import all that a command may need, then answer orders until standard input ends."""
    import ragas.metrics.collections  # noqa: F401

    import rag_eval

    for module in pkgutil.walk_packages(rag_eval.__path__, "rag_eval."):
        if not module.name.startswith(_ELSEWHERE):
            importlib.import_module(module.name)

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(order["cwd"])
            sys.path.insert(0, order["cwd"])  # as `python -m` does
            os.environ.clear()
            os.environ.update(order["env"])
            _be(order["argv"], order["output"])
        sys.stdout.write(json.dumps({"code": _wait(child, order["kill_after"], order["when"], order["by"])}) + "\n")
        sys.stdout.flush()


def _be(argv: Sequence[str], output: str) -> None:
    """Be the command; never returns."""
    for name, descriptor in (("out", 1), ("error", 2)):
        os.dup2(os.open(f"{output}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND), descriptor)
    sys.argv = ["rag-eval", *argv]
    from rag_eval.cli import main

    code: Any = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _wait(child: int, kill_after: float | None, when: str | None, by: int) -> int:
    """The exit code of a child, sent its signal in time if it is to be; minus the signal's number for a killed one."""
    until = None if kill_after is None else time.monotonic() + kill_after
    while True:
        done, status = os.waitpid(child, os.WNOHANG if until or when else 0)
        if done:
            return os.waitstatus_to_exitcode(status)
        if (until is not None and time.monotonic() >= until) or (when is not None and Path(when).exists()):
            os.kill(child, by)
            until = when = None
        time.sleep(0.002)


if __name__ == "__main__":
    _serve()
