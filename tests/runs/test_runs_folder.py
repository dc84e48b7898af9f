"""A run is a folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import samples

from rag_eval import configfile, runs
from rag_eval.records import RunMeta

_NOW = datetime(2026, 11, 23, 9, 15, 0, tzinfo=UTC)


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


def test_the_names_of_the_package_are_there() -> None:
    """Each is imported when it is used."""
    assert all(getattr(runs, name) is not None for name in runs.__all__)
    assert set(runs._WHERE) == set(runs.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = runs.nothing  # type: ignore[attr-defined]
