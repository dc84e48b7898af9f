"""What the tests of datasets share: files to read, and a cache of Hugging Face `datasets` that goes with the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval import config
from rag_eval.dataset import Item, RowProblem, items
from rag_eval.telemetry import silence

Save = Callable[[str, str | bytes], Path]
ReadItems = Callable[..., list[Item | RowProblem]]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a file of a name and a content; gives its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def read_items() -> ReadItems:
    """Every row of a path as an item or a problem; keywords are settings of the dataset."""

    def read(path: Path, **settings: str | dict[str, str]) -> list[Item | RowProblem]:
        return list(items(config.DatasetConfig.model_validate({"path": str(path), **settings})))

    return read


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own for `datasets`, which reads its environment only once."""
    silence()
    import datasets

    cache = tmp_path / "cache of datasets"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    return cache
