"""Which runs are baselines: by the key of the run that each was made of, wherever it lies."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import samples

from rag_eval import configfile
from rag_eval.runs import RunFolder, names
from rag_eval.runs.marks import Marks, marks, own_root


def baseline(root: Path, name: str, summary: Any = None) -> None:
    """A baseline, with what stands in its summary."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / names.SCORES).touch()
    if summary is not None:
        (folder / "summary.json").write_text(summary if isinstance(summary, str) else json.dumps(summary))


def of(key: str, run: str) -> dict[str, str]:
    """What a summary says of its run."""
    return {"key": key, "run_id": run}


def test_a_run_is_known_by_its_key(tmp_path: Path) -> None:
    """Whatever its folder is called now; another run of the same name is not it."""
    baseline(tmp_path, "main", of("k1", "20261123-091500-strong"))
    found = marks([tmp_path])
    assert found.of("k1", "renamed") == ("main",)
    assert found.of("k2", "20261123-091500-strong") == ()


def test_a_run_that_cannot_be_read_is_known_by_its_id(tmp_path: Path) -> None:
    """It has no key to tell, and must not be removed as if nobody rested on it."""
    baseline(tmp_path, "main", of("k1", "20261123-091500-strong"))
    assert marks([tmp_path]).of("", "20261123-091500-strong") == ("main",)
    assert marks([tmp_path]).of("", "20261124-091500-strong") == ()


def test_a_run_may_be_several_baselines(tmp_path: Path) -> None:
    """In several folders; a folder that is named twice counts once, and one that is not there holds none."""
    baseline(tmp_path / "a", "main", of("k1", "r1"))
    baseline(tmp_path / "a", "alt", of("k1", "r1"))
    baseline(tmp_path / "b", "main", of("k1", "r1"))
    roots = [tmp_path / "a", tmp_path / "b", tmp_path / "a", tmp_path / "nowhere"]
    assert marks(roots).of("k1", "") == marks(roots).of("", "r1") == ("alt", "main", "main")


@pytest.mark.parametrize(
    "summary", [None, "", "{", "[]", "null", "7", "{}", '{"key": "k1"}', '{"run_id": "r1"}', "\ud83d"]
)
def test_what_cannot_be_read_marks_nothing(tmp_path: Path, summary: str | None) -> None:
    """And does not keep the others from being known."""
    baseline(tmp_path, "main", of("k1", "r1"))
    baseline(tmp_path, "broken", None)
    if summary is not None:
        (tmp_path / "broken" / "summary.json").write_bytes(summary.encode("utf-8", "surrogatepass"))
    assert marks([tmp_path]) == Marks({"k1": ("main",)}, {"r1": ("main",)})


def test_a_folder_without_scores_is_no_baseline(tmp_path: Path) -> None:
    """Nor is one that is hidden, as while it is made."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "summary.json").write_text(json.dumps(of("k1", "r1")))
    baseline(tmp_path, ".draft", of("k1", "r1"))
    assert marks([tmp_path]) == Marks({}, {})


def test_an_experiment_says_where_its_baselines_are(tmp_path: Path) -> None:
    """As it was run; where it cannot be read nobody knows."""
    folder = RunFolder(tmp_path)
    assert own_root(folder) is None
    folder.experiment.write_text(configfile.dump(samples.experiment(baselines="elsewhere/kept")))
    assert own_root(folder) == Path("elsewhere/kept")
    folder.experiment.write_text("name: [")
    assert own_root(folder) is None
