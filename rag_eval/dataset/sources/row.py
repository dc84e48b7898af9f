"""A row as it stood in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row with the place it came from."""

    file: str
    line: int
    """Line in a text file, row number from 1 in a table."""
    values: Mapping[str, Any]
