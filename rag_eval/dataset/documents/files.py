"""The documents of a path, found and read to text by a reader for each kind."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TypeVar

from rag_eval.dataset.documents.decoding import decode
from rag_eval.dataset.documents.document import Document, UnreadableDocument, UnreadableError
from rag_eval.errors import DataError, UsageError

T = TypeVar("T")

_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".txt": "text", ".text": "text", ".rst": "text",
    ".adoc": "text", ".html": "html", ".htm": "html", ".xhtml": "html", ".pdf": "pdf", ".docx": "docx",
}  # fmt: skip
_REFUSED = {".doc", ".odt", ".rtf", ".pptx", ".ppt", ".xlsx", ".xls", ".epub"}
"""Documents that somebody will expect to be read; each is named, while pictures and the like are only counted."""
_ROWS = {".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow"}
_MARKS = ("manifest.yaml", "dataset_info.json", "dataset_dict.json")
_LARGEST = 200 * 1024 * 1024
"""Bytes of a text file or a page that are read at once."""


@dataclass(frozen=True)
class DocumentFiles:
    """The files of a folder, a glob or a single file, before any is read."""

    root: Path
    """What ids are relative to."""
    files: tuple[Path, ...]
    passed_over: Counter[str]
    """Endings of files that are no documents, with how many there are."""


def is_document(path: str) -> bool:
    """Whether a file's name says that it is a document of a kind that can be read."""
    return Path(path).suffix.lower() in _KINDS


def holds_rows(folder: Path) -> bool:
    """Whether a folder is a dataset and not documents: by what `datasets` and we leave there, or by its files."""
    if any((folder / name).is_file() for name in _MARKS):
        return True
    files = list(_beneath(folder))
    text = [path for path in files if path.suffix.lower() in _KINDS and path.stem.upper() != "README"]
    return not text and any(path.suffix.lower() in _ROWS for path in files)


def find(source: str) -> DocumentFiles:
    """The documents that a path or a glob names, sorted; hidden files and folders are passed over.

    Raises `DataError` if there are none.
    """
    root, named = _named(source)
    files = [path for path in named if path.suffix.lower() in _KINDS or path.suffix.lower() in _REFUSED]
    taken = set(files)
    rest = Counter(path.suffix.lower() or path.name for path in named if path not in taken)
    if not files:
        kinds = ", ".join(sorted(_KINDS))
        raise DataError(f"{source}: there is no document here; those that can be read end in {kinds}")
    return DocumentFiles(root, tuple(files), rest)


def _named(source: str) -> tuple[Path, list[Path]]:
    path = Path(source)
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        return path, sorted(_beneath(path))
    if has_magic(source):
        # Not `Path.glob`, which takes no pattern that begins at the root.
        named = sorted(Path(name) for name in glob(source, recursive=True) if Path(name).is_file())  # noqa: PTH207
        if named:
            return Path(os.path.commonpath([name.parent for name in named])), named
    raise DataError(f"{source}: there is no such file or folder, and no file that matches it as a pattern")


def _beneath(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(where) / name for name in names if not name.startswith("."))


def read(documents: DocumentFiles) -> Iterator[Document | UnreadableDocument]:
    """Each document's text, or why there is none; one at a time."""
    for path in documents.files:
        name = path.relative_to(documents.root).as_posix()
        if (written := _written(name)) != name:
            message = "has a name that is no UTF-8, which no id can be made of; rename it"
            yield UnreadableDocument(written, _written(str(path)), "bad_name", message)
            continue
        try:
            yield _read(path, name)
        except UnreadableError as error:
            yield UnreadableDocument(name, str(path), error.reason, str(error))
        except OSError as error:
            yield UnreadableDocument(name, str(path), "cannot_be_opened", error.strerror or str(error))


def _written(name: str) -> str:
    """A name as it can be written: what is no UTF-8 in it by its bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _read(path: Path, name: str) -> Document:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise UnreadableError("not_supported", f"{path.suffix} is not read; save it as PDF, DOCX, HTML or Markdown")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if kind in ("pdf", "docx"):
        return _parsed(path, name, kind, digest)
    if path.stat().st_size > _LARGEST:
        raise UnreadableError("too_large", f"is larger than {_LARGEST >> 20} MiB; cut it into several files")
    text, encoding = decode(path.read_bytes(), html=kind == "html")
    anchors: Mapping[int, str] = {}
    if kind == "html":
        from rag_eval.dataset.documents import html

        text, anchors = _with("beautifulsoup4", lambda: html.read_anchored(text))
    if not text.strip():
        raise UnreadableError("empty", "is empty")
    if "\r" in text and "\n" not in text and kind != "html":
        raise UnreadableError("old_line_ends", "has lines that end with CR alone. Do: tr '\\r' '\\n' < OLD > NEW")
    return Document(name, kind, digest, text, encoding, anchors=anchors)


def _parsed(path: Path, name: str, kind: str, digest: str) -> Document:
    from rag_eval.dataset.documents import docx, pdf

    if kind == "docx":
        return Document(name, kind, digest, _with("python-docx", lambda: docx.read(path)))
    text, pages, notes = _with("pypdfium2", lambda: pdf.read(path))
    return Document(name, kind, digest, text, pages=pages, notes=notes)


def _with(library: str, work: Callable[[], T]) -> T:
    """Do what needs a library of the extra; raises `UsageError` that says how to get it."""
    try:
        return work()
    except ModuleNotFoundError as error:
        hint = "Do: pip install 'rag-eval[documents]'"
        raise UsageError(f"documents of this kind are read by {library}, which is not installed. {hint}") from error
