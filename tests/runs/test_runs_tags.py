"""What people say about a run."""

from pathlib import Path

import pytest

from rag_eval import runs
from rag_eval.errors import MismatchError, UsageError
from rag_eval.runs import tags


def _make(root: Path, *ids: str) -> None:
    for run in ids:
        folder = root / run
        folder.mkdir(parents=True)
        (folder / "journal.db").touch()


def test_tags_are_changed_all_at_once(root: Path) -> None:
    """All of a change or none of it; a file that is no list of tags is not written over."""
    _make(root, "20261123-091500-a")
    folder = runs.find("latest", root)
    assert tags.read(folder) == {}
    assert tags.change(folder, {"keep": "", "model": "x"}) == {"keep": "", "model": "x"}
    assert tags.change(folder, {"model": "y=z"}, ["keep"]) == tags.read(folder) == {"model": "y=z"}
    with pytest.raises(MismatchError, match="has no tag 'other'; it has: model=y=z"):
        tags.change(folder, {"new": ""}, ["other"])
    assert tags.read(folder) == {"model": "y=z"}
    folder.tags.write_text("[1]")
    assert tags.read(folder) == {}
    with pytest.raises(UsageError, match="it is no object of texts"):
        tags.change(folder, {"new": ""})
    assert folder.tags.read_text() == "[1]"
