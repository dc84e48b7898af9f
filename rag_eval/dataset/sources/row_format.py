"""What a format of rows is: by which endings a file of it is known, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources.row import DataRow


def _always(_: Path) -> bool:
    return True


@dataclass(frozen=True)
class RowFormat:
    """One kind of file that holds rows; stands in `catalogue` or is an entry point of `rag_eval.row_formats`."""

    suffixes: tuple[str, ...]
    """Endings of names, in small letters and with the dot."""
    read: Callable[[Path], Iterator[DataRow | RowProblem]]
    """Yields every row, and a problem for a row that is broken in itself; raises `DataError` for a whole file."""
    readable: Callable[[Path], bool] = _always
    """Whether a file of a Hugging Face folder with such an ending is of this format."""
