"""The version stands in one place of the code, and is the one that is packaged."""

import tomllib
from pathlib import Path

import rag_eval
from rag_eval import _version

ROOT = Path(__file__).resolve().parents[1]


def test_the_version_is_the_one_of_the_package() -> None:
    """What a run records as its code version is what pip installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert rag_eval.__version__ == _version.__version__ == project["version"]
