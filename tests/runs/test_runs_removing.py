"""Runs are removed, and which of them are no longer wanted."""

from pathlib import Path
from typing import Any

import pytest
from support import history
from support.history import Past

from rag_eval import runs
from rag_eval.runs import removing
from rag_eval.runs.marks import marks

_WHOLE, _LIMITED, _CUT = "20261123-091500-a", "20261124-091500-a", "20261125-091500-a"


def _entry(run: str, **changes: Any) -> runs.RunEntry:
    said: dict[str, Any] = {
        "id": run, "path": f"runs/{run}", "key": run, "name": "a", "began": 0.0, "state": "finished", "cases": 1,
        "planned": 1, "progress": "1", "limited": "", "gates": None, "primary": "", "value": None, "interval": None,
        "size": 1, "tags": {}, "baselines": (), "problem": "",
    }  # fmt: skip
    return runs.RunEntry(**{**said, **changes})


_KNOWN = [
    _entry("oldest", began=1.0, name="b"),
    _entry("marked", began=1.0, baselines=("main",)),
    _entry("kept", began=1.5, tags={"keep": ""}),
    _entry("tagged", began=1.6, tags={"release": "1"}),
    _entry("whole", began=2.0),
    _entry("second", began=3.0),
    _entry("limited", began=4.0, limited="--limit 5"),
    _entry("cut", began=5.0, state="unfinished"),
    _entry("broken", began=0.5, state="unreadable"),
    _entry("writing", began=6.0, state="running"),
]


def test_what_a_kill_leaves_of_a_removal_is_no_run(root: Path) -> None:
    """It has no name any more, and goes with the next."""
    first, _ = history.make(root, [Past("20261123-091500-a"), Past("20261124-091500-a")])
    (root / ".gone-x").mkdir()
    first.path.rename(root / ".gone-x" / first.id)
    assert runs.find("2026", root).id == "20261124-091500-a"
    assert [run.id for run in runs.entries(root, marks([]))] == ["20261124-091500-a"]
    removing.sweep(root)
    assert [path.name for path in root.iterdir()] == ["20261124-091500-a"]
    runs.remove(runs.find("latest", root))
    assert [*root.iterdir()] == []


def test_a_link_to_a_run_is_removed_alone(three: Path, root: Path) -> None:
    """What it leads to belongs to somebody else."""
    root.mkdir(parents=True)
    (root / _WHOLE).symlink_to(three / _WHOLE)
    runs.remove(runs.find(_WHOLE, root))
    assert [*root.iterdir()] == []
    assert (three / _WHOLE / "journal.db").is_file()


@pytest.mark.parametrize(
    ("retention", "going", "staying"),
    [
        (
            runs.Retention(keep=1),
            ["whole", "limited"],
            {"baseline": 1, "tagged": 2, "unfinished": 1},
        ),
        (runs.Retention(keep=2), ["limited"], {"baseline": 1, "tagged": 2, "unfinished": 1}),
        (runs.Retention(keep=6), [], {"unfinished": 1}),
        (runs.Retention(keep=1, unfinished=True), ["whole", "limited", "cut"], {"baseline": 1, "tagged": 2}),
        (
            runs.Retention(keep=1, tagged=True),
            ["tagged", "whole", "limited"],
            {"baseline": 1, "tagged": 1, "unfinished": 1},
        ),
        (runs.Retention(older_than=7.5), ["oldest", "whole"], {"baseline": 1, "tagged": 2}),
        (runs.Retention(keep=2, older_than=7.5), [], {"baseline": 1, "tagged": 2}),
    ],
)
def test_what_is_no_longer_wanted(retention: runs.Retention, going: list[str], staying: dict[str, int]) -> None:
    """The newest of each experiment stay, whole ones before limited ones, and so does what is protected."""
    pruning = runs.prune(_KNOWN, retention, now=10.0)
    assert [run.id for run in pruning.going] == going
    assert pruning.staying == staying
    assert pruning.size == len(going)
