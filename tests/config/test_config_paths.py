"""Paths in an experiment lead from its file first, then from where one stands; what is in neither place is told."""

from pathlib import Path
from typing import Any

import pytest

from rag_eval import config, configfile
from rag_eval.errors import ConfigError
from rag_eval.loadtest import runner
from rag_eval.targets.replay.config import ReplayConfig

REPLAY = "target: {kind: replay}"
HTTP = "target: {kind: http, url: 'http://127.0.0.1:9', %s}"
PLACES: dict[str, tuple[str, str]] = {
    "dataset.path": ("dataset: FILE", REPLAY),
    "dataset.corpus": ("dataset: {path: rows.csv, corpus: FILE}", REPLAY),
    "target.corpus": ("dataset: rows.csv", "target: {kind: replay, corpus: FILE}"),
    "target.tls.ca": ("dataset: rows.csv", HTTP % "tls: {ca: FILE}"),
    "target.files.page": ("dataset: rows.csv", HTTP % "send: multipart, files: {page: FILE}"),
    "load.arrivals": ("dataset: rows.csv\nload: {shape: replay, arrivals: FILE}", REPLAY),
}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the experiment file is; one stands above it."""
    monkeypatch.chdir(tmp_path)
    folder = Path("experiments")
    folder.mkdir()
    (folder / "rows.csv").write_text("question\nHow much?\n")
    return folder


def _load(folder: Path, key: str, file: str) -> config.Experiment:
    dataset, target = PLACES[key]
    (folder / "e.yaml").write_text(f"name: e\n{dataset}\n{target}\n".replace("FILE", f"'{file}'"))
    return configfile.load(folder / "e.yaml")


def _value(experiment: config.Experiment, key: str) -> Any:
    value: Any = experiment.model_dump()
    for part in key.split("."):
        value = value[part]
    return value


@pytest.mark.parametrize("key", PLACES)
def test_a_path_leads_from_the_experiment_file_then_from_here(folder: Path, key: str) -> None:
    """Where both lead somewhere that of the experiment file counts; and what the file says is read the same again."""
    Path("here.txt").write_text("")
    assert _value(_load(folder, key, "here.txt"), key) == "here.txt"
    (folder / "here.txt").write_text("")
    experiment = _load(folder, key, "here.txt")
    assert _value(experiment, key) == "experiments/here.txt"
    Path("run").mkdir()
    Path("run/experiment.yaml").write_text(configfile.dump(experiment))
    assert configfile.load(Path("run/experiment.yaml")) == experiment


@pytest.mark.parametrize("key", PLACES)
def test_what_is_in_neither_place_is_told_with_both(folder: Path, key: str) -> None:
    """With the setting; a command that does not need the file is not stopped."""
    experiment = _load(folder, key, "away.txt")
    with pytest.raises(ConfigError) as raised:
        config.demand_files(experiment, "dataset", "target", "load")
    assert str(raised.value) == f"{key}: away.txt stands neither beside the experiment file nor in {Path.cwd()}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${WHERE}/rows.csv", "experiments/${WHERE}/rows.csv"),
        ("${NOT_SET_ANYWHERE}/rows.csv", "${NOT_SET_ANYWHERE}/rows.csv"),
        ("hf://owner/name", "hf://owner/name"),
        ("/data/rows.csv", "/data/rows.csv"),
        ("pages/*.csv", "experiments/pages/*.csv"),
        ("pages/{{ id }}.csv", "experiments/pages/{{ id }}.csv"),
        ("other/{{ id }}.csv", "other/{{ id }}.csv"),
    ],
)
def test_variables_patterns_and_templates(
    folder: Path, monkeypatch: pytest.MonkeyPatch, written: str, read: str
) -> None:
    """Are looked into for where they lead, and stay as they are written."""
    monkeypatch.setenv("WHERE", "pages")
    (folder / "pages").mkdir()
    (folder / "pages" / "rows.csv").write_text("")
    assert _value(_load(folder, "dataset.path", written), "dataset.path") == read


def test_a_name_of_something_else_is_left_to_whoever_knows_it(folder: Path) -> None:
    """`target.path` may name a run; a file beside the experiment file counts first."""
    (folder / "e.yaml").write_text("name: e\ndataset: rows.csv\ntarget: {kind: replay, path: latest}\n")
    experiment = configfile.load(folder / "e.yaml")
    config.demand_files(experiment, "target")
    (folder / "latest").write_text("")
    target = configfile.load(folder / "e.yaml").target
    assert isinstance(target, ReplayConfig)
    assert target.path == "experiments/latest"


def test_a_load_test_looks_at_its_own_paths(folder: Path) -> None:
    """Before it asks anybody."""
    (folder / "e.yaml").write_text(
        "name: e\ndataset: rows.csv\ntarget: {kind: http, url: 'http://127.0.0.1:9'}\n"
        "load: {shape: replay, arrivals: away.jsonl}\n"
    )
    with pytest.raises(ConfigError, match=r"load\.arrivals: away\.jsonl stands neither"):
        runner.run(configfile.load(folder / "e.yaml"), Path("loads"))
