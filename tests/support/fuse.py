"""Ends a command at a moment that is an event: when a service was called so often, or when a file is there."""

import itertools
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from support.forker import Ended, Forker

_GLANCE_S = 0.002
"""Seconds between two looks whether a file is there."""


class Fuse:
    """Is reached when so many calls have come; from then on none is answered before it is released."""

    def __init__(self, call: int) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()
        self._calls = itertools.count(1)
        self._call = call

    def pass_(self) -> None:
        """A call has come."""
        if next(self._calls) == self._call:
            self.reached.set()
        if self.reached.is_set():
            self._released.wait()

    def release(self) -> None:
        """Calls are answered again."""
        self._released.set()


def signalled(
    forker: Forker,
    by: int,
    when: Callable[[], bool],
    *argv: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command, and send it a signal as soon as something is so."""
    with tempfile.TemporaryDirectory() as folder:
        out, error = Path(folder, "out"), Path(folder, "error")
        with forker.start(*argv, out=out, error=error, cwd=cwd, env=env) as process:
            while not when() and process.poll() is None:
                threading.Event().wait(_GLANCE_S)
            process.send_signal(by)
            code = process.wait()
        return Ended(code, out.read_text() + error.read_text(), out.read_text(), error.read_text())
