"""A run is a folder: how it is named, and how it is found again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import history, samples
from support.history import Past

from rag_eval import configfile, runs
from rag_eval.errors import MismatchError, UsageError
from rag_eval.records import RunMeta, SequentialDesign
from rag_eval.runs import removing, tags
from rag_eval.runs.marks import marks

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
    folder, journal = runs.create(said, RunMeta(name="strong"), _NOW)
    journal.close()
    assert folder.path == root / "20261123-091500-strong"
    assert folder.id == "20261123-091500-strong"
    assert configfile.load(folder.experiment) == said
    with folder.open_() as kept:
        assert kept.meta.name == "strong"
    with folder.write() as kept:
        kept.remember(primary="more")


def test_the_parts_of_a_run_lie_in_its_folder(root: Path) -> None:
    """Each under a name of its own."""
    folder = runs.RunFolder(root)
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
        folder, journal = runs.create(said, RunMeta(), _NOW)
        journal.close()
        made.append(folder)
        assert runs.find("latest", root) == runs.find("strong", root) == folder
    assert len({folder.path for folder in made}) == 12
    assert runs.find("20261123-091500-strong", root) == made[0]
    assert all(runs.find(folder.id, root) == folder for folder in made)


def test_a_second_run_is_not_taken_for_another_experiment_s(root: Path) -> None:
    """The second run of `a` in a second is no run of `a-2`, nor the first of `a-2` one of `a`."""
    for name in ("a", "a", "a-2"):
        runs.create(samples.experiment(name=name, runs=str(root)), RunMeta(name=name), _NOW)[1].close()
    for name in ("a", "a-2"):
        with runs.find(name, root).open_() as journal:
            assert journal.meta.name == name
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


def test_when_a_run_began_is_known_however_it_ended(root: Path) -> None:
    """Of a run that was killed, too; before journals kept it, its name tells it."""
    folder, journal = runs.create(samples.experiment(runs=str(root)), RunMeta(name="strong"), _NOW)
    with journal:
        assert runs.outline_of(folder).began == _NOW.timestamp()
    [cut] = history.make(root, [Past("20261124-091500-strong", asked=3)])
    with cut.write() as journal:
        journal._db.execute("DELETE FROM meta WHERE key = 'began'")
        journal._db.execute("DELETE FROM sessions")
    assert runs.outline_of(cut).began == (_NOW + timedelta(days=1)).timestamp()


_WHOLE, _LIMITED, _CUT = "20261123-091500-a", "20261124-091500-a", "20261125-091500-a"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run, a newer one with --limit, and the newest, which was cut short."""
    root = tmp_path_factory.mktemp("three")
    history.make(root, [Past(_WHOLE), Past(_LIMITED, asked=5, limit=5), Past(_CUT, asked=7)])
    return root


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


def test_a_stopped_run_has_ended(root: Path) -> None:
    """Where its gates were decided early, nothing is left to ask."""
    design = SequentialDesign(seed=0, metrics=("correctness",), after=7).model_dump_json()
    [folder] = history.make(root, [Past("20261123-091500-a", asked=7, meta={"sequential": design})])
    outline = runs.outline_of(folder)
    assert (outline.state, outline.ended, outline.full, outline.progress) == ("stopped", True, True, "7 of 20")


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


def test_the_names_of_the_package_are_there() -> None:
    """Each is imported when it is used."""
    assert all(getattr(runs, name) is not None for name in runs.__all__)
    assert set(runs._WHERE) == set(runs.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = runs.nothing  # type: ignore[attr-defined]


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
