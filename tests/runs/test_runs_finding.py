"""Which run is meant by a name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import history
from support.history import Past

from rag_eval import runs
from rag_eval.errors import MismatchError

_NOW = datetime(2026, 11, 23, 9, 15, 0, tzinfo=UTC)


_WHOLE, _LIMITED, _CUT = "20261123-091500-a", "20261124-091500-a", "20261125-091500-a"


def _make(root: Path, *ids: str) -> None:
    for run in ids:
        folder = root / run
        folder.mkdir(parents=True)
        (folder / "journal.db").touch()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20261123-091500-strong", "20261123-091500-strong"),
        ("20261123-0915", "20261123-091500-strong"),
        ("20261122", "20261122-091500-strong"),
        ("2026", "20261124-091500-a-b"),
        ("strong", "20261123-091500-strong"),
        ("a-b", "20261124-091500-a-b"),
        ("c.d_e-1", "20261120-091500-c.d_e-1"),
        ("2025", "20261119-091500-2025"),
        ("latest", "20261124-091500-a-b"),
    ],
)
def test_a_run_is_found(root: Path, name: str, expected: str) -> None:
    """By its id, the beginning of one, its experiment's name or as the latest; the newest of several."""
    _make(
        root,
        "20261123-091500-strong",
        "20261122-091500-strong",
        "20261124-091500-a-b",
        "20261120-091500-c.d_e-1",
        "20261119-091500-2025",
        "20251119-091500-older",
    )
    assert runs.find(name, root) == runs.RunFolder(root / expected)


@pytest.mark.parametrize("name", ["a", "b", "a-", "-b", "b-1", "1", "stron", "trong", "strong-2", "091500", "", "~2"])
def test_a_part_of_a_name_is_no_name(root: Path, name: str) -> None:
    """A run of `a-b` is none of `a`, nor of `b`, and an experiment's name must be whole."""
    _make(root, "20261124-091500-a-b", "20261124-091500-a-b-1", "20261123-091500-strong", "20261123-091500-strong~2")
    with pytest.raises(MismatchError, match="is no run"):
        runs.find(name, root)


def test_an_experiment_s_name_goes_before_the_beginning_of_an_id(root: Path) -> None:
    """A run of an experiment called 2026 is found although later ids begin so."""
    _make(root, "20261101-091500-2026", "20261124-091500-strong")
    assert runs.find("2026", root).id == "20261101-091500-2026"


def test_a_run_is_found_by_its_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it lies, also by a relative path and under another name."""
    _make(root, "20261123-091500-strong")
    moved = (root / "20261123-091500-strong").rename(root.parent / "baseline")
    assert runs.find(str(moved), root) == runs.RunFolder(moved)
    monkeypatch.chdir(root.parent)
    assert runs.find("baseline").path.resolve() == moved


def test_the_latest_is_the_one_that_began_last(root: Path) -> None:
    """Whatever its folder is called: by hand, or on a machine whose clock shows another hour."""
    began = _NOW + timedelta(hours=1)
    history.make(root, [Past("20261123-091500-strong"), Past("20251231-235959-strong", began=began)])
    assert runs.find("latest", root).id == runs.find("strong", root).id == "20251231-235959-strong"
    (root / "20251231-235959-strong").rename(root / "by-hand")
    assert runs.find("latest", root).id == runs.find("by-hand", root).id == "by-hand"
    assert runs.find("strong", root).id == "20261123-091500-strong"


@pytest.mark.parametrize("name", ["latest", "a", "2026"])
@pytest.mark.parametrize(
    ("gone", "wanted", "expected", "remark"),
    [
        ("", "full", _WHOLE, f"is {_WHOLE}; {_CUT} is newer, and passed over (unfinished, 7 of 20 asked)"),
        (_CUT, "full", _WHOLE, f"is {_WHOLE}; {_LIMITED} is newer, and passed over (--limit 5 of 40)"),
        (_WHOLE, "full", _LIMITED, f"is {_LIMITED}; {_CUT} is newer, and passed over (unfinished, 7 of 20 asked)"),
        ("", "current", _CUT, ""),
        (_CUT, "current", _WHOLE, f"is {_WHOLE}; {_LIMITED} is newer, and passed over (--limit 5 of 40)"),
        ("", "newest", _CUT, ""),
        (_CUT, "newest", _LIMITED, ""),
    ],
)
def test_which_of_several_runs_is_meant(
    three: Path, tmp_path: Path, name: str, gone: str, wanted: runs.Wanted, expected: str, remark: str
) -> None:
    """A limited run never stands before a whole one; who asks is told of a newer one that was passed over."""
    for folder in three.iterdir():
        if folder.name != gone:
            (tmp_path / folder.name).symlink_to(folder)
    choice = runs.choose(name, tmp_path, wanted)
    assert choice.folder.id == expected
    assert choice.remark == (f"{name} {remark}" if remark else "")


def test_a_run_that_cannot_be_read_is_never_preferred(three: Path, tmp_path: Path) -> None:
    """It is found by its own name only, as long as there is another."""
    (tmp_path / _WHOLE).symlink_to(three / _WHOLE)
    _make(tmp_path, "20270101-000000-a")
    for wanted in ("full", "current", "newest"):
        assert runs.find("latest", tmp_path, wanted=wanted).id == _WHOLE
    assert runs.find("20270101-000000-a", tmp_path).id == "20270101-000000-a"
    assert runs.outline_of(runs.RunFolder(tmp_path / "20270101-000000-a")).state == "unreadable"


def test_a_run_that_is_not_there_has_near_names_told(root: Path) -> None:
    """Those that were probably meant, else the newest; where there is none, that is said."""
    with pytest.raises(MismatchError, match=r"strong: is no run\. There are no runs in .*runs/"):
        runs.find("strong", root)
    _make(root, *(f"202611{day:02d}-091500-weak" for day in range(1, 6)), "20261106-091500-strong")
    with pytest.raises(MismatchError, match=r"^stong: is no run\. There are: 20261106-091500-strong"):
        runs.find("stong", root)
    with pytest.raises(
        MismatchError,
        match=r"There are: .*1104-091500-weak, .*1105-091500-weak, .*1106-091500-strong and 3 more in .*runs/$",
    ):
        runs.find("§", root)


def test_a_folder_without_a_journal_is_no_run(root: Path) -> None:
    """It is not found, and opening it says so."""
    (root / "20261123-091500-strong").mkdir(parents=True)
    with pytest.raises(MismatchError, match="no runs in"):
        runs.find("latest", root)
    with pytest.raises(MismatchError, match="is not a run"):
        runs.RunFolder(root / "20261123-091500-strong").open_()


def test_a_run_whose_making_was_cut_short_is_never_found(root: Path) -> None:
    """What a kill leaves of a run that was about to begin has no name yet, and is no run."""
    draft = root / ".run-abc"
    draft.mkdir(parents=True)
    (draft / "journal.db").touch()
    with pytest.raises(MismatchError, match="is no run"):
        runs.find("latest", root)
