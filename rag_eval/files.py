"""Files that are whole or not there at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_eval.errors import UsageError


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """A place beside a file to write in; what is there takes the file's place when all went well.

    A reader sees the old file or the new one, never a part. An error leaves what stood there. Of several who write
    at once each has a place of its own; the last to end is what stands.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text in place of what stood there, whole or not at all; raises `OSError`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes in place of what stood there, whole or not at all; raises `OSError`."""
    with draft_of(path) as draft:
        draft.write_bytes(content)


def write_ready_file(path: Path, url: str, *, private: bool = False) -> None:
    """Say to scripts where a server listens, once it does; `private` if whoever reads it may do what its user may.

    Raises `UsageError`.
    """
    try:
        with draft_of(path) as draft:
            if private:
                draft.unlink(missing_ok=True)
                draft.touch(mode=0o600)
            draft.write_text(url, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--ready-file {path}: cannot be written: {error.strerror}") from error
