"""`rag-eval doctor`."""

import json
import socket
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from support import samples
from typer.testing import CliRunner, Result

from rag_eval import __version__, configfile
from rag_eval.cli import app


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def listening() -> Iterator[str]:
    """An address at which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def deaf() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def _doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments])


def _found(*arguments: str) -> dict[str, tuple[str, str]]:
    """What was looked at, to its state and what is said of it."""
    listed = json.loads(_doctor(*arguments, "--json").stdout)
    assert all(set(one) == {"state", "about", "said"} for one in listed)
    return {one["about"]: (one["state"], one["said"]) for one in listed}


def _experiment(tmp_path: Path, **changes: object) -> str:
    path = tmp_path / "strong.yaml"
    path.write_text(configfile.dump(samples.experiment(**changes)), encoding="utf-8")
    return str(path)


def test_a_sound_installation_is_said_to_be_one() -> None:
    """Nothing is bad here, and the versions are those that are installed."""
    done = _doctor()
    assert done.exit_code == 0
    assert "BAD" not in done.stdout
    assert f"ok   rag-eval: {__version__}" in done.stdout
    assert f"ok   pydantic: {metadata.version('pydantic')}" in done.stdout


def test_programs_read_the_same_as_people() -> None:
    """As many findings, each with its state, in the same order."""
    lines = _doctor().stdout.partition("\n\n")[0].splitlines()
    listed = json.loads(_doctor("--json").stdout)
    assert [f"{one['about']}: {one['said']}" for one in listed] == [line[5:] for line in lines]
    assert {one["state"] for one in listed} <= {"ok", "note", "bad"}


def test_a_variable_s_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only whether it is set."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    assert _found()["OPENAI_API_KEY"] == ("note", "is set")
    assert _found()["OPENAI_BASE_URL"] == ("note", "is not set")
    assert "sk-secret" not in _doctor().stdout


def test_what_is_missing_comes_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that rag-eval needs is bad, one that a further command needs is a note."""
    there = metadata.version

    def version(name: str) -> str:
        if name in {"ragas", "bm25s", "langchain-community"}:
            raise metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    found = _found()
    assert found["ragas"] == ("bad", "is not installed. Do: pip install rag-eval")
    assert found["bm25s"][0] == "note"
    assert "pip install 'rag-eval[staging]'" in found["bm25s"][1]
    assert found["langchain-community"][0] == "note"
    assert _doctor().exit_code == 2
    assert "BAD  ragas: is not installed" in _doctor().stdout


@pytest.mark.parametrize(("version", "state"), [("0.4.1", "ok"), ("0.4.2", "note"), ("1.0", "note"), ("0.3.31", "ok")])
def test_a_release_that_ragas_cannot_live_with_is_told(
    monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    """By its number."""
    monkeypatch.setattr("importlib.metadata.version", lambda _: version)
    assert _found()["langchain-community"][0] == state


def test_a_store_that_is_a_file_need_not_be_there(tmp_path: Path) -> None:
    """The first run makes it."""
    assert _found()["mlflow"] == ("ok", f"sqlite:///{tmp_path}/mlflow.db (will be made by the first run)")
    (tmp_path / "mlflow.db").touch()
    assert _found()["mlflow"][1].endswith("(is there)")


def test_a_server_is_knocked_at(monkeypatch: pytest.MonkeyPatch, listening: str, deaf: str) -> None:
    """Whether anything listens is told, without the credentials of its address."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:pass@{listening}/")
    assert _found()["mlflow"] == ("ok", f"{listening} listens")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:pass@{deaf}/")
    state, said = _found()["mlflow"]
    assert (state, said.startswith(f"{deaf} cannot be reached: ")) == ("bad", True)
    assert "pass" not in said
    assert _doctor().exit_code == 2


def test_what_an_experiment_needs_is_looked_at(tmp_path: Path, listening: str, deaf: str) -> None:
    """Its target, its judge and its store."""
    found = _found(
        "-c",
        _experiment(
            tmp_path,
            target={"kind": "http", "url": f"http://{listening}/query"},
            judge={"kind": "openai", "model": "m", "base_url": f"http://{deaf}/v1"},
            mlflow={"tracking_uri": f"http://{listening}"},
        ),
    )
    assert (found["target"][0], found["judge"][0], found["mlflow"][0]) == ("ok", "bad", "ok")


def test_every_variant_of_a_matrix_is_looked_at(tmp_path: Path, listening: str, deaf: str) -> None:
    """Each address once, however many variants are there."""
    urls = [f"http://{listening}/a", f"http://{deaf}/a"]
    target = {"kind": "http", "url": urls[0]}
    matrix = {"target.url": urls, "target.body.k": [1, 2]}
    listed = json.loads(_doctor("-c", _experiment(tmp_path, target=target, matrix=matrix), "--json").stdout)
    assert [one["state"] for one in listed if one["about"] == "target"] == ["ok", "bad"]


@pytest.mark.parametrize("url", ["${NOWHERE}/query", "http://host:port/", "localhost/query", "http://[::1/"])
def test_an_address_that_is_none_is_told(tmp_path: Path, url: str) -> None:
    """And everything else is told all the same."""
    found = _found("-c", _experiment(tmp_path, target={"kind": "http", "url": url}))
    assert found["target"][0] == "bad"
    assert found["python"][0] == "ok"


def test_a_store_of_an_unset_variable_is_told(tmp_path: Path) -> None:
    """And everything else is told all the same."""
    found = _found("-c", _experiment(tmp_path, mlflow={"tracking_uri": "http://${NOWHERE}"}))
    assert found["mlflow"][0] == "bad"
    assert "NOWHERE is not set" in found["mlflow"][1]
    assert found["python"][0] == "ok"


def test_a_store_that_is_not_used_is_not_knocked_at(tmp_path: Path, deaf: str) -> None:
    """An experiment may do without MLflow."""
    off = {"tracking_uri": f"http://{deaf}", "enabled": False}
    assert _found("-c", _experiment(tmp_path, mlflow=off))["mlflow"][0] == "note"


def test_an_experiment_that_cannot_be_read_is_told() -> None:
    """As by every command."""
    done = _doctor("-c", "missing.yaml")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: missing.yaml: cannot be read")


def test_the_secrets_that_an_experiment_names_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name; a missing one says what to type, a present one is not shown."""
    path = tmp_path / "e.yaml"
    login = "{kind: login, url: 'http://127.0.0.1:9/', username_env: CANARY_USER, password_env: CANARY_PASSWORD}"
    path.write_text(f"name: e\ndataset: q.jsonl\ntarget: {{kind: http, url: 'http://127.0.0.1:9/', auth: {login}}}\n")
    monkeypatch.setenv("CANARY_USER", "somebody-secret")
    result = CliRunner().invoke(app, ["doctor", "-c", str(path)])
    assert result.exit_code == 2
    assert "CANARY_USER: is set" in result.output
    assert "export CANARY_PASSWORD=" in result.output
    assert "somebody-secret" not in result.output


def test_what_matters_first_is_said_last(tmp_path: Path, deaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict and the first thing to do end the output; before them problems, what blocks most first."""
    monkeypatch.delenv("CANARY_TOKEN", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{deaf}")
    auth = {"kind": "bearer", "token_env": "CANARY_TOKEN"}
    path = _experiment(
        tmp_path,
        target={"kind": "http", "url": f"http://{deaf}/query", "auth": auth},
        judge={"kind": "openai", "model": "m", "base_url": f"http://{deaf}/v1"},
    )
    listed, _, verdict = _doctor("-c", path).stdout.partition("\n\n")
    bad = [line.split(":")[0] for line in listed.splitlines() if line.startswith("BAD")]
    assert bad == ["BAD  CANARY_TOKEN", "BAD  target", "BAD  judge", "BAD  mlflow"]
    assert all("Do: " in line for line in listed.splitlines() if line.startswith("BAD"))
    assert listed.splitlines()[-4:] == [line for line in listed.splitlines() if line.startswith("BAD")]
    assert verdict.splitlines() == [
        "not ready: 4 problems stand in the way",
        "first: CANARY_TOKEN is not set",
        "do: export CANARY_TOKEN=…",
    ]
    monkeypatch.setenv("CANARY_TOKEN", "x")
    port = deaf.partition(":")[2]
    assert f"rag-eval staging --port {port}" in _doctor("-c", path).stdout.splitlines()[-1]


def test_a_sound_installation_ends_with_what_to_do_next(tmp_path: Path) -> None:
    """As with an experiment all of which is there."""
    assert _doctor().stdout.endswith("\n\nready: rag-eval can be used\nnext: rag-eval init\n")
    path = _experiment(tmp_path, mlflow={"enabled": False})
    assert _doctor("-c", path).stdout.endswith(f"ready: {path} can be run\nnext: rag-eval validate {path}\n")
