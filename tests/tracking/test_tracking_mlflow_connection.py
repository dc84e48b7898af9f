"""How MLflow is reached: with our errors, without credentials in them, and with little patience."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from mlflow.exceptions import MlflowException
from support.mlflow_store import ready_store

from rag_eval.errors import UnreachableError
from rag_eval.tracking.mlflow import connection


@pytest.fixture(name="uri")
def _uri(tmp_path: Path) -> str:
    """A store that is a file."""
    return f"sqlite:///{ready_store(tmp_path / 'mlflow.db')}"


@pytest.mark.parametrize(
    "error", [MlflowException("it\n broke"), requests.ConnectionError("it broke"), OSError("it broke")]
)
def test_what_mlflow_raises_is_one_sentence_of_ours(uri: str, error: Exception) -> None:
    """On one line, with the store's address."""
    with pytest.raises(UnreachableError) as raised, connection.connected(uri):
        raise error
    assert str(raised.value) == f"MLflow at {uri} did not take the run: it broke"


def test_credentials_stay_out_of_errors() -> None:
    """They stand in the address, and reports are read by many."""
    with pytest.raises(UnreachableError) as raised, connection.connected("http://ada:secret@127.0.0.1:9/"):
        raise MlflowException("x" * 1000)
    assert "secret" not in str(raised.value)
    assert "ada" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_what_is_not_mlflow_s_goes_on_its_way(uri: str) -> None:
    """A mistake of ours is not called an outage of theirs."""
    with pytest.raises(ZeroDivisionError), connection.connected(uri):
        _ = 1 / 0


def test_patience_is_short_unless_somebody_said_otherwise(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone does not hold a run up for minutes."""
    for name in connection._IMPATIENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "99")
    with connection.connected(uri):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "99"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"


def test_an_experiment_is_made_once(uri: str) -> None:
    """And found by its name afterwards."""
    with connection.connected(uri) as client:
        first = connection.experiment_id(client, "ferries")
        assert connection.experiment_id(client, "ferries") == first
        assert connection.experiment_id(client, "others") != first


def test_an_experiment_that_somebody_else_made_meanwhile_is_taken() -> None:
    """Two runs that begin at a time do not break each other."""
    answers: list[Any] = [None, SimpleNamespace(experiment_id=7)]

    def create(_: str) -> str:
        raise MlflowException("exists")

    client = SimpleNamespace(get_experiment_by_name=lambda _: answers.pop(0), create_experiment=create)
    assert connection.experiment_id(client, "ferries") == "7"


def test_a_run_is_found_by_its_key(uri: str) -> None:
    """And by nothing else."""
    with connection.connected(uri) as client:
        where = connection.experiment_id(client, "ferries")
        run = client.create_run(where, tags={connection.KEY_TAG: "abc"})
        found = connection.run_of(client, where, "abc")
        assert found is not None
        assert found.info.run_id == run.info.run_id
        assert connection.run_of(client, where, "ab") is None
        assert connection.run_of(client, connection.experiment_id(client, "others"), "abc") is None


def test_a_run_is_at_home_wherever_its_experiment_is_called_now(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also among more experiments than one request speaks of; a run that is nowhere goes where it was meant to."""
    monkeypatch.setattr(connection, "_AT_A_TIME", 2)
    monkeypatch.setattr(connection, "_MOST_EXPERIMENTS", 3)
    with connection.connected(uri) as client:
        for number in range(5):
            client.create_experiment(f"other {number}")
        where = connection.experiment_id(client, "ferries")
        client.create_run(where, tags={connection.KEY_TAG: "abc"})
        assert connection.home(client, "ferries", "abc") == (where, "ferries")
        client.rename_experiment(where, "boats")
        assert connection.home(client, "ferries", "abc") == (where, "boats")
        assert client.get_experiment_by_name("ferries") is None
        new, title = connection.home(client, "ferries", "another")
        assert (new != where, title) == (True, "ferries")
