"""A document as text, and why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Document:
    """A document whose text could be read."""

    id: str
    """Its path beneath the folder that was given, with forward slashes."""
    kind: str
    """`markdown`, `text`, `html`, `pdf` or `docx`."""
    sha256: str
    """Of the file."""
    text: str
    """The file's own text for Markdown and plain text; what was read out of it for the others."""
    encoding: str | None = None
    """In which a text file was decoded."""
    pages: tuple[int, ...] = ()
    """Offset at which each page begins, for documents that have pages."""
    anchors: Mapping[int, str] = field(default_factory=dict)
    """Offset of a heading to the name by which the page itself links to it, where it has one."""
    notes: tuple[str, ...] = ()
    """What could not be read although the rest could."""


@dataclass(frozen=True)
class UnreadableDocument:
    """A document of which nothing could be read."""

    id: str
    path: str
    reason: str
    """A short code, such as `password_protected`; counted in reports."""
    message: str
    """A sentence for a person, with what to do."""


class UnreadableError(Exception):
    """Raised by a reader; becomes an `UnreadableDocument`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
