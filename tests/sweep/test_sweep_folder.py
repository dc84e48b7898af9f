"""Where the files of a sweep lie, and how it is found again."""

from pathlib import Path

import pytest
from support import samples

from rag_eval import configfile
from rag_eval.errors import MismatchError
from rag_eval.sweep.folder import SweepFolder, SweepState, create, find


def test_a_folder_remembers_what_is_needed_to_go_on(tmp_path: Path) -> None:
    """The experiment and the options that it began with."""
    state = SweepState(limit=4)
    folder = create(tmp_path, samples.experiment(), state)
    assert folder.read() == state
    assert configfile.load(folder.experiment).name == "strong"
    assert folder.id.endswith("-strong")


def test_two_sweeps_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    """However many there are."""
    folders = {create(tmp_path, samples.experiment(), SweepState()).path for _ in range(3)}
    assert len(folders) == 3


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("latest", "20261124-091500-weak"),
        ("20261123-091500-strong", "20261123-091500-strong"),
        ("strong", "20261123-091500-strong~2"),
        ("20261123", "20261123-091500-strong~2"),
    ],
)
def test_a_sweep_is_found_by_its_names(tmp_path: Path, name: str, found: str) -> None:
    """The newest of several."""
    for each in ("20261123-091500-strong", "20261123-091500-strong~2", "20261124-091500-weak"):
        (tmp_path / each).mkdir()
        SweepFolder(tmp_path / each).keep(SweepState())
    assert find(name, tmp_path).id == found
    assert find(str(tmp_path / "20261123-091500-strong"), tmp_path / "elsewhere").id == "20261123-091500-strong"


def test_what_is_no_sweep_is_told_with_those_there_are(tmp_path: Path) -> None:
    """Or that there are none."""
    with pytest.raises(MismatchError, match="There are none in"):
        find("latest", tmp_path)
    (tmp_path / "a").mkdir()
    SweepFolder(tmp_path / "a").keep(SweepState())
    with pytest.raises(MismatchError, match="x: is no sweep"):
        find("x", tmp_path)
    (tmp_path / "a" / "state.json").write_text("{}x")
    with pytest.raises(MismatchError, match="is no sweep that can be gone on with"):
        find("a", tmp_path).read()
