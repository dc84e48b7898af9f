"""A row as it stood in a file, and the part of a source that it is of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag_eval.errors import DataError

OnSplit = Callable[[str, Sequence[str]], None]
"""Is told which split was taken, and which there are."""


@dataclass(frozen=True)
class DataRow:
    """A row with the place it came from."""

    file: str
    line: int
    """Line in a text file, row number from 1 in a table."""
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RowNote:
    """What somebody should know of how a file was read, such as lines before its header that were passed over."""

    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


OnNote = Callable[[RowNote], None]


def choose_split(path: str, splits: Sequence[str], asked: str | None, chosen: OnSplit) -> str:
    """The split that is asked for, else the only one, else `test`; raises `DataError` if there is none of that name.

    An empty name, as an empty variable leaves it on a command line, asks for none.
    """
    if not splits:
        raise DataError(f"{path}: has no split, and so no rows. Do: see what wrote it, or name another path")
    wanted = asked or (splits[0] if len(splits) == 1 else "test")
    if wanted not in splits:
        raise DataError(f"{path}: has no split {wanted!r}; name one of: {', '.join(splits)}")
    chosen(wanted, splits)
    return wanted
