"""Who may write to a journal: one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag_eval.errors import MismatchError, StorageError

_PATIENCE_S = 0.2
"""Somebody who only looks whether a journal is held holds it for a moment."""


def take_lock(path: Path, patience: float = _PATIENCE_S) -> FileLock:
    """The lock of whoever writes to a journal; raises `MismatchError` where somebody else does."""
    lock = FileLock(path.with_suffix(".lock"), timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise MismatchError(f"{path.parent}: another process is working on this run") from error
    except OSError as error:
        why = error.strerror or error
        raise StorageError(f"{path.parent}: cannot be written to ({why}). Look who may write there") from error
    return lock


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep every writer away from a journal, one that cannot be read too; raises `MismatchError` where one is there."""
    lock = take_lock(path)
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody writes to a journal at this moment."""
    if not path.with_suffix(".lock").is_file():
        return False
    try:
        take_lock(path, patience=0).release()
    except MismatchError:
        return True
    except StorageError:  # in an archive, where nobody writes
        return False
    return False
