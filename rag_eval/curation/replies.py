"""A judge's replies, kept beside a dataset folder while something is made of them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_eval.errors import UsageError
from rag_eval.journal import JournalWriter
from rag_eval.records import RunMeta


@contextmanager
def reply_journal(folder: Path, what: str, *, free: bool) -> Iterator[JournalWriter]:
    """A journal beside a dataset folder that holds what a judge has replied so far; gone once all is written.

    It stays after an error or an interrupt only if something was paid for. Of a judge that is free nothing is kept.
    """
    if free:
        with tempfile.TemporaryDirectory(prefix="rag-eval-") as name, _journal(Path(name), folder.name) as journal:
            yield journal
        return
    folder = folder.resolve()
    work = folder.parent / f".{folder.name}.{what}"
    _make(work)
    with _journal(work, folder.name) as journal:
        try:
            yield journal
        except BaseException:
            if not journal.usage().calls:
                shutil.rmtree(work, ignore_errors=True)
            raise
    shutil.rmtree(work, ignore_errors=True)


def _journal(work: Path, name: str) -> JournalWriter:
    """The journal of a folder, which a kill while it is made leaves under another name."""
    path, draft = work / "journal.db", work / "draft.db"
    if not path.is_file():
        for rest in work.glob("draft.*"):
            rest.unlink()
        JournalWriter.create(draft, RunMeta(key=name)).close()
        draft.rename(path)
    return JournalWriter.open_(path)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error}") from error
