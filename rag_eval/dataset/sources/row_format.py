"""What a format of rows is: by which endings a file of it is known, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources.row import DataRow, RowNote


def _always(_: Path) -> bool:
    return True


@dataclass(frozen=True)
class RowFormat:
    """One kind of file that holds rows; stands in `catalogue` or is an entry point of `rag_eval.row_formats`."""

    suffixes: tuple[str, ...]
    """Endings of names, in small letters and with the dot."""
    read: Callable[[Path], Iterator[DataRow | RowProblem | RowNote]]
    """Yields every row, a problem for a row that is broken in itself, and notes of what was passed over or guessed;
    raises `DataError` for a whole file."""
    readable: Callable[[Path], bool] = _always
    """Whether a file of a Hugging Face folder with such an ending is of this format."""
    packed: bool = False
    """Whether such a file begins as what gzip or zip packed."""
