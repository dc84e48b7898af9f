"""Which MLflow a run belongs to, and the links into its pages."""

import json
from pathlib import Path

import pytest

from rag_eval import config
from rag_eval.errors import ConfigError
from rag_eval.tracking import store
from rag_eval.tracking.store import TrackedRun

_ENVIRON = {"MLFLOW_TRACKING_URI": "http://env:5000", "MLFLOW_EXPERIMENT_NAME": "from-env", "HOST": "h"}


def test_the_store_of_the_experiment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then that of the environment, then a database file in the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    said = config.MlflowConfig(tracking_uri="http://file:5000")
    assert store.uri(said, _ENVIRON) == "http://file:5000"
    assert store.uri(config.MlflowConfig(), _ENVIRON) == "http://env:5000"
    for unset in ({}, {"MLFLOW_TRACKING_URI": ""}):
        assert store.uri(config.MlflowConfig(), unset) == f"sqlite:///{tmp_path.resolve()}/mlflow.db"
    here = config.MlflowConfig(tracking_uri="sqlite:///here.db")
    assert store.uri(here, _ENVIRON) == f"sqlite:///{tmp_path.resolve()}/here.db", "wherever one stands later"


def test_the_environment_is_the_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another is given."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://own:5000")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "own")
    assert store.uri(config.MlflowConfig()) == "http://own:5000"
    assert store.experiment(config.MlflowConfig()) == "own"


def test_variables_in_a_store_s_address_are_replaced() -> None:
    """One that is not set is named with its place."""
    assert store.uri(config.MlflowConfig(tracking_uri="http://${HOST}:${PORT:-5000}"), _ENVIRON) == "http://h:5000"
    with pytest.raises(ConfigError, match=r"^mlflow\.tracking_uri: environment variable NOWHERE is not set"):
        store.uri(config.MlflowConfig(tracking_uri="http://${NOWHERE}"), _ENVIRON)


def test_the_experiment_s_name_has_the_same_order() -> None:
    """The file's, the environment's, else the package's own."""
    assert store.experiment(config.MlflowConfig(experiment="support"), _ENVIRON) == "support"
    assert store.experiment(config.MlflowConfig(experiment="support-${HOST}"), _ENVIRON) == "support-h"
    assert store.experiment(config.MlflowConfig(), _ENVIRON) == "from-env"
    assert store.experiment(config.MlflowConfig(), {}) == "rag-eval"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://user:pass@host:5000/path?q=1", "http://host:5000/path?q=1"),
        ("https://user:p@ss@host", "https://host"),
        ("https://token@host/", "https://host/"),
        ("postgresql://user:pass@db/mlflow", "postgresql://db/mlflow"),
        ("http://host:5000", "http://host:5000"),
        ("sqlite:////home/me@work/mlflow.db", "sqlite:////home/me@work/mlflow.db"),
        ("mlruns", "mlruns"),
    ],
)
def test_credentials_are_not_shown(uri: str, shown: str) -> None:
    """What is before the last @ of an address is left out, and nothing else."""
    assert store.without_credentials(uri) == shown


@pytest.mark.parametrize(
    ("uri", "base"),
    [
        ("http://user:pass@host:5000/", "http://host:5000"),
        ("https://host/mlflow/", "https://host/mlflow"),
        ("sqlite:////here/mlflow.db", store.UI),
        ("mlruns", store.UI),
    ],
)
def test_pages_are_on_the_server_or_where_ours_serves_them(uri: str, base: str) -> None:
    """A store that is a file has no pages of its own."""
    assert store.base(uri) == base


def test_a_link_leads_to_the_run() -> None:
    """To its questions with their scores, or to its first page, without credentials."""
    tracked = TrackedRun(tracking_uri="http://u:p@host:5000", experiment_id="3", run_id="abc")
    assert tracked.link == "http://host:5000/#/experiments/3/runs/abc/evaluations"
    assert tracked.model_copy(update={"tab": ""}).link == "http://host:5000/#/experiments/3/runs/abc"


def _push(folder: Path, uri: str, experiment: str, run: str) -> Path:
    folder.mkdir()
    TrackedRun(tracking_uri=uri, experiment_id=experiment, run_id=run).keep(folder)
    return folder


def test_where_a_run_stands_is_read_from_its_folder(tmp_path: Path) -> None:
    """A run that was never pushed, or whose note is damaged, stands nowhere."""
    pushed = _push(tmp_path / "a", "http://h", "3", "abc")
    assert store.read(pushed) == TrackedRun(tracking_uri="http://h", experiment_id="3", run_id="abc")
    assert store.read(tmp_path / "never") is None
    for damaged in ("", "{", "[]", json.dumps({"run_id": "abc"})):
        (pushed / store.FILE).write_text(damaged, encoding="utf-8")
        assert store.read(pushed) is None


def test_two_runs_of_one_experiment_have_a_page_side_by_side(tmp_path: Path) -> None:
    """It is that of B; two of different experiments or stores, or one that was never pushed, have no page."""
    a = _push(tmp_path / "a", "http://h", "3", "aaa")
    b = _push(tmp_path / "b", "http://h", "3", "bbb")
    elsewhere = _push(tmp_path / "c", "http://h", "4", "ccc")
    other = _push(tmp_path / "d", "http://i", "3", "ddd")
    assert store.comparison_link(a, b) == "http://h/#/experiments/3/runs/bbb/evaluations?compareToRunUuid=aaa"
    for unlike in (elsewhere, other, tmp_path / "never"):
        assert store.comparison_link(a, unlike) is None
        assert store.comparison_link(unlike, a) is None


@pytest.mark.parametrize(
    ("uri", "secrets"),
    [
        ("http://ada:pa55word@host:5000/x", ["pa55word"]),
        ("http://ada:pa%2F55@host/x", ["pa%2F55", "pa/55"]),
        ("http://ada:pa/55@host/x", ["pa/55"]),
        ("http://ada:canary/55@host/x", ["canary/55", "canary"]),
        ("http://ada:pa#canary@host/x", ["pa#canary", "canary"]),
        ("http://t0ken@host/x", ["t0ken"]),
        ("postgresql://ada:pa55@word@host/db", ["pa55@word"]),
    ],
)
def test_no_message_holds_a_password(uri: str, secrets: list[str]) -> None:
    """Neither the address as it is shown nor what a library says of it, however the address is written."""
    for text in (store.without_credentials(uri), store.secretless(f"cannot reach {uri} as {secrets[-1]}", uri)):
        assert "host" in text
        assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("uri", ["http://host:5000/a@b", "sqlite:////data/a@b.db", "http://127.0.0.1:5000"])
def test_an_address_without_a_password_stays(uri: str) -> None:
    """A sign that ends a user's name elsewhere is none of one."""
    assert store.without_credentials(uri) == uri
    assert store.secretless(uri, uri) == uri
