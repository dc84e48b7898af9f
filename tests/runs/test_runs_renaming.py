"""A run gets another name."""

from pathlib import Path

import pytest
from support import history
from support.history import Past

from rag_eval import runs
from rag_eval.errors import MismatchError


def test_a_run_is_renamed_as_often_as_one_likes(root: Path) -> None:
    """Each former id leads to it, two of one second have numbers, and doing it twice is doing it once."""
    first, second = history.make(root, [Past("20261123-091500-a"), Past("20261123-091500-b")])
    key = runs.outline_of(first).key
    once = runs.rename(first, "c")
    twice = runs.rename(once, "d")
    assert twice.id == runs.rename(twice, "d").id == runs.rename(twice, "20261123-091500-d").id == "20261123-091500-d"
    for name in ("20261123-091500-a", "20261123-091500-c", "d", str(root / "20261123-091500-a")):
        assert runs.find(name, root).id == twice.id
    assert runs.outline_of(twice).key == key
    assert runs.rename(second, "d").id == "20261123-091500-d~2"
    with pytest.raises(MismatchError, match="a: is no run"):
        runs.find("a", root)


def test_a_renaming_that_was_killed_is_done_by_doing_it_again(root: Path) -> None:
    """Between what the journal is told and the folder's new name, the run is whole under its old id."""
    [folder] = history.make(root, [Past("20261123-091500-a")])
    with folder.write() as journal:
        journal.remember(name="b")
        journal.remember(former=["20261123-091500-a"])
    assert runs.find("20261123-091500-a", root) == folder
    assert runs.rename(folder, "b").id == "20261123-091500-b"
    assert [path.name for path in root.iterdir()] == ["20261123-091500-b"]


def test_a_run_without_a_time_is_renamed_whole(root: Path) -> None:
    """There is no time to keep."""
    history.make(root, [Past("20261123-091500-a")])
    (root / "20261123-091500-a").rename(root / "by-hand")
    assert runs.rename(runs.find("by-hand", root), "better").id == "better"
    assert runs.find("by-hand", root).id == "better"
