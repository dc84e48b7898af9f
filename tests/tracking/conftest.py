"""One MLflow server for the tests that only need some."""

from collections.abc import Iterator

import pytest
from support.mlflow_server import MlflowServer


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A server that lives as long as the tests."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server
