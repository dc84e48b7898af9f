"""What the tests of gates share: runs whose scores they write down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.gated import Runs


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """Makes runs."""
    made = Runs(tmp_path)
    yield made
    made.close()
