"""A process that one worker of the tests starts, all workers use, and the last of them ends."""

import fcntl
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


def ended(pid: int, **_: Any) -> None:
    """End a group of processes at once; one of them may have ended by itself."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def common_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder of this session of tests that all of its workers find by its name."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return factory.mktemp(name)
    folder = factory.getbasetemp().parent / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def shared(folder: Path, start: Callable[[Path], dict[str, Any]], stop: Callable[..., object]) -> Iterator[Any]:
    """What `start` tells of what it started, in JSON; `stop` is given it as keywords by who leaves last.

    Locks of a worker that is killed are let go by the system, so that the next to leave is the last.
    """
    told = folder / "told.json"
    with (folder / "users").open("a") as users, (folder / "door").open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(start(folder)))
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield json.loads(told.read_text())
        finally:
            fcntl.flock(door, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody goes on
            else:
                stop(**json.loads(told.read_text()))
                told.unlink()
