"""Many runs at a glance: a line for each, also for what cannot be read."""

from pathlib import Path

import pytest
from support import history
from support.history import Past

from rag_eval.errors import MismatchError
from rag_eval.runs import RunFolder, listing, tags
from rag_eval.runs.marks import Marks

_NONE = Marks({}, {})
_WHOLE, _LIMITED, _CUT = "20261123-091500-a", "20261124-091500-a", "20261125-091500-a"


def ids(root: Path) -> list[str]:
    """Of the runs in a list."""
    return [entry.id for entry in listing.entries(root, _NONE)]


def test_a_line_says_what_there_is_to_say(three: Path) -> None:
    """Of a whole run, of one with a limit, and of one that was cut short; the newest stands last."""
    whole, limited, cut = listing.entries(three, Marks({f"key-of-{_LIMITED}": ("main",)}, {}))
    assert [entry.id for entry in (whole, limited, cut)] == [_WHOLE, _LIMITED, _CUT]
    assert [entry.state for entry in (whole, limited, cut)] == ["finished", "finished", "unfinished"]
    assert [entry.progress for entry in (whole, limited, cut)] == ["20", "5", "7 of 20"]
    assert [(entry.cases, entry.planned) for entry in (whole, limited, cut)] == [(20, 20), (5, 5), (7, 20)]
    assert [entry.limited for entry in (whole, limited, cut)] == ["", "--limit 5 of 40", ""]
    assert [entry.baselines for entry in (whole, limited, cut)] == [(), ("main",), ()]
    assert [entry.value for entry in (whole, limited, cut)] == [1.0, 1.0, 1.0]
    assert (whole.name, whole.primary, whole.key, whole.problem) == ("a", "correctness", f"key-of-{_WHOLE}", "")
    assert whole.interval is not None
    assert cut.interval is None, "what has not ended has no interval yet"
    assert whole.folder == RunFolder(three / _WHOLE)
    assert whole.size == sum(path.stat().st_size for path in (three / _WHOLE).iterdir() if path.suffix != ".db-shm")


def test_a_line_survives_json(three: Path) -> None:
    """Programs read the list."""
    for entry in listing.entries(three, _NONE):
        assert listing.RunEntry.model_validate_json(entry.model_dump_json()) == entry


def test_what_cannot_be_read_is_a_line_too(root: Path) -> None:
    """With why, its time as its name tells it, and without a key or a value."""
    (root / _WHOLE).mkdir(parents=True)
    (root / _WHOLE / "journal.db").write_text("no database")
    (root / "notes").mkdir()
    notes, broken = sorted(listing.entries(root, _NONE), key=lambda entry: entry.id, reverse=True)
    assert (broken.state, broken.name, broken.key, broken.value) == ("unreadable", "a", "", None)
    assert broken.began == 1_795_425_300.0
    assert broken.problem
    assert (notes.state, notes.id) == ("unreadable", "notes")
    assert str(root) not in broken.problem, "the path stands beside it"


def test_only_folders_are_listed(root: Path) -> None:
    """Neither files, nor what is hidden, nor what `ci` makes of two runs; where there is no folder there is no run."""
    assert ids(root) == []
    root.mkdir(parents=True)
    (root / "readme.md").write_text("x")
    (root / ".run-draft").mkdir()
    (root / "20261123-091500-strong-ci").mkdir()
    assert ids(root) == []
    (root / "20261123-091500-strong-ci" / "journal.db").touch()
    assert ids(root) == ["20261123-091500-strong-ci"], "an experiment may be called so"


def test_runs_of_one_second_stand_in_the_order_in_which_they_began(root: Path) -> None:
    """By their numbers, and not as texts."""
    names = [_WHOLE, *(f"{_WHOLE}~{number}" for number in (2, 9, 10, 11))]
    history.make(root, [Past(name) for name in reversed(names)])
    assert ids(root) == names


def test_tags_stand_with_a_run(root: Path) -> None:
    """Those that people gave it."""
    [folder] = history.make(root, [Past(_WHOLE)])
    tags.change(folder, {"keep": "", "model": "x"})
    [entry] = listing.entries(root, _NONE)
    assert entry.tags == {"keep": "", "model": "x"}


def test_files_are_counted_by_their_names(tmp_path: Path) -> None:
    """All the way down, a link as what it is, and without what SQLite shares between those who look."""
    folder = RunFolder(tmp_path / "run")
    (folder.path / "deep").mkdir(parents=True)
    (folder.path / "a").write_bytes(b"123")
    (folder.path / "deep" / "b").write_bytes(b"12345")
    (folder.path / "journal.db-shm").write_bytes(b"x" * 1000)
    (tmp_path / "large").write_bytes(b"x" * 1000)
    (folder.path / "link").symlink_to(tmp_path / "large")
    sizes = listing.files(folder)
    assert sizes.keys() == {"a", "deep/b", "link"}
    assert (sizes["a"], sizes["deep/b"]) == (3, 5)
    assert sizes["link"] < 1000
    assert listing.files(RunFolder(tmp_path / "nowhere")) == {}


def test_a_link_that_leads_nowhere_does_not_stop_the_list(root: Path) -> None:
    """Nor is it a run."""
    history.make(root, [Past(_WHOLE)])
    (root / "gone").symlink_to(root / "nowhere")
    assert ids(root) == [_WHOLE]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With why."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "glob", refuse)
    with pytest.raises(MismatchError, match=rf"^{tmp_path}: cannot be read: Permission denied$"):
        listing.entries(tmp_path, _NONE)
