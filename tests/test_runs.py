"""A run is a folder: how it is named, and how it is found again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import samples

from rag_eval import configfile, runs
from rag_eval.errors import MismatchError

_NOW = datetime(2026, 11, 23, 9, 15, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of run folders."""
    return tmp_path / "deep" / "runs"


def _make(root: Path, *ids: str) -> None:
    for run in ids:
        folder = root / run
        folder.mkdir(parents=True)
        (folder / "journal.db").touch()


def test_a_run_is_named_by_time_and_experiment(root: Path) -> None:
    """Its folder holds the experiment as it was run, and a journal that remembers what it was given."""
    said = samples.experiment(runs=str(root), seed=7)
    folder, journal = runs.create(said, {"name": "strong"}, _NOW)
    journal.close()
    assert folder.path == root / "20261123-091500-strong"
    assert folder.id == "20261123-091500-strong"
    assert configfile.load(folder.experiment) == said
    with folder.open_() as kept:
        assert kept.meta["name"] == "strong"
    with folder.open_(writable=True) as kept:
        kept.remember("more", "yes")


def test_the_parts_of_a_run_lie_in_its_folder(root: Path) -> None:
    """Each under a name of its own."""
    folder = runs.Folder(root)
    parts = [
        folder.experiment,
        folder.journal,
        folder.results,
        folder.evidence,
        folder.summary,
        folder.markdown,
        folder.html,
    ]
    assert all(part.parent == root for part in parts)
    assert len(set(parts)) == len(parts)


def test_runs_of_one_second_have_folders_of_their_own(root: Path) -> None:
    """None is written over, and the latest of them is found, also beyond the ninth."""
    said = samples.experiment(runs=str(root))
    made = []
    for _ in range(12):
        folder, journal = runs.create(said, {}, _NOW)
        journal.close()
        made.append(folder)
        assert runs.find("latest", root) == runs.find("strong", root) == folder
    assert len({folder.path for folder in made}) == 12
    assert runs.find("20261123-091500-strong", root) == made[0]
    assert all(runs.find(folder.id, root) == folder for folder in made)


def test_a_second_run_is_not_taken_for_another_experiment_s(root: Path) -> None:
    """The second run of `a` in a second is no run of `a-2`, nor the first of `a-2` one of `a`."""
    for name in ("a", "a", "a-2"):
        runs.create(samples.experiment(name=name, runs=str(root)), {"name": name}, _NOW)[1].close()
    for name in ("a", "a-2"):
        with runs.find(name, root).open_() as journal:
            assert journal.meta["name"] == name
    assert runs.find("a", root).id != "20261123-091500-a"


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
    assert runs.find(name, root) == runs.Folder(root / expected)


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
    assert runs.find(str(moved), root) == runs.Folder(moved)
    monkeypatch.chdir(root.parent)
    assert runs.find("baseline").path.resolve() == moved


def test_a_renamed_run_is_found_and_is_never_the_latest(root: Path) -> None:
    """A name that tells no time is not newer than all times."""
    _make(root, "baseline", "20261123-091500-strong")
    assert runs.find("baseline", root).id == "baseline"
    assert runs.find("latest", root).id == "20261123-091500-strong"


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
        runs.Folder(root / "20261123-091500-strong").open_()


def test_a_run_whose_making_was_cut_short_is_never_found(root: Path) -> None:
    """What a kill leaves of a run that was about to begin has no name yet, and is no run."""
    draft = root / ".run-abc"
    draft.mkdir(parents=True)
    (draft / "journal.db").touch()
    with pytest.raises(MismatchError, match="is no run"):
        runs.find("latest", root)
