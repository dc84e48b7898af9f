"""What the tests of versions share: datasets that they write down."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.versions import Write, write_set

from rag_eval.records import Case


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a dataset folder of a name, with cases and passages; gives its path."""

    def _named(name: str, cases: Sequence[Case], passages: dict[str, str] | None = None) -> Path:
        return write_set(tmp_path / name, cases, passages)

    return _named
