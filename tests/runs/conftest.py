"""Folders of runs."""

from pathlib import Path

import pytest
from support import history
from support.history import Past

_WHOLE, _LIMITED, _CUT = "20261123-091500-a", "20261124-091500-a", "20261125-091500-a"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of run folders."""
    return tmp_path / "deep" / "runs"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, a newer one with --limit, and the newest, which was cut short."""
    root = tmp_path_factory.mktemp("three")
    history.make(root, [Past(_WHOLE), Past(_LIMITED, asked=5, limit=5), Past(_CUT, asked=7)])
    return root
