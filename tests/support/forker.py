"""Runs the command line many times in processes of their own, without paying for its imports each time.

As a script it imports what a run needs, then for each line of JSON on standard input forks a child that is
`rag-eval ARGV`, sends it a signal after a while if told to, and answers with how it ended.
"""

import json
import os
import signal
import subprocess
import sys
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
    """Standard output and error together."""


class Forker:
    """Used as `with Forker(folder, environ) as forker`, then `forker.run(...)`; commands work in `folder`."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._output = folder / "output.txt"
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
        self, *argv: str, kill_after: float | None = None, kill_when: Path | None = None, by: int = signal.SIGKILL
    ) -> Ended:
        """Run one command to its end, or send it a signal after so many seconds, or once a file is there."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        when = None if kill_when is None else str(kill_when)
        order = {"argv": argv, "kill_after": kill_after, "when": when, "by": int(by), "output": str(self._output)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())["code"]
        return Ended(code, self._output.read_text())


def _serve() -> None:
    """Answer orders until standard input ends."""
    import sklearn.metrics  # noqa: F401

    import rag_eval.judges.openai
    import rag_eval.metrics.ragas
    import rag_eval.pipeline
    import rag_eval.targets.http  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(order["argv"], order["output"])
        sys.stdout.write(json.dumps({"code": _wait(child, order["kill_after"], order["when"], order["by"])}) + "\n")
        sys.stdout.flush()


def _be(argv: Sequence[str], output: str) -> None:
    """Be the command; never returns."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
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
