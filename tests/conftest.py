"""What every test stands on: no telemetry, no colours, an environment of its own, and where real data may lie."""

import functools
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import structlog
from hypothesis import HealthCheck, settings

from rag_eval.telemetry import silence

silence()
# Hundreds of processes start from these files: without bytecode each compiles the package and rewrites the tests anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# How long an example takes says something of the machine, not of the code.
# Each run tries others; `--hypothesis-profile=thorough` tries many at once.
for _profile, _examples in (("any machine", 15), ("thorough", 500)):
    settings.register_profile(
        _profile, deadline=None, max_examples=_examples, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("any machine")

if TYPE_CHECKING:
    from support.forker import Forker
    from support.mlflow_server import MlflowServer

REPOSITORY = Path(__file__).resolve().parents[1]
REALDATA = Path(os.environ.get("RAG_EVAL_REALDATA") or REPOSITORY.parent / "shared" / "data")


# Nothing that is imported from here on goes away again.
gc.disable()


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through a million objects of it each time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _commands_are_built_once() -> Iterator[None]:
    """Typer's runner makes all commands with their options anew for each call, which takes longer than most of them."""
    import typer.testing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True, scope="session")
def _certificates_are_read_once() -> Iterator[None]:
    """Each client of httpx2 reads those of all authorities anew, 35 ms, for servers of this machine without TLS."""
    import httpcore2

    read = httpcore2.default_ssl_context

    @functools.cache
    def kept(_file: str | None, _folder: str | None, options: frozenset[tuple[str, bool]]) -> object:
        return read(**dict(options))

    def context(**options: bool) -> object:
        return kept(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"), frozenset(options.items()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", context)
        yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches them."""
    names = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "OPENAI_API_KEY", "OPENAI_BASE_URL")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    own = [name for name in os.environ if name.startswith(("OTEL_", "RAG_EVAL_LOG", "RAG_EVAL_METRICS"))]
    for name in (*names, *proxies, *own):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """No log of a later test goes to what an earlier one had as standard error."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def realdata() -> Path:
    """The folder of real data; skips where there is none."""
    if not REALDATA.is_dir():
        pytest.skip(f"no real data at {REALDATA}")
    return REALDATA


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MlflowServer"]:
    """MLflow's own server on a database file, for all tests that need one: each has an experiment of its own there."""
    from support.mlflow_server import MlflowServer, serve
    from support.sharing import common_folder, ended, shared

    with shared(common_folder(tmp_path_factory, "mlflow"), serve, ended) as told:
        yield MlflowServer(Path(told["folder"]), told["port"])


@pytest.fixture(scope="session")
def forker(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Forker"]:
    """Runs the command line in processes of their own that need not import anything any more."""
    with _forker(tmp_path_factory, "rag-eval") as forker:
        yield forker


@pytest.fixture(scope="session")
def forked_locust(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Forker"]:
    """The same for Locust."""
    with _forker(tmp_path_factory, "locust") as forker:
        yield forker


@contextmanager
def _forker(factory: pytest.TempPathFactory, program: Literal["rag-eval", "locust"]) -> Iterator["Forker"]:
    from support.forker import Forker, serve
    from support.sharing import common_folder, ended, shared

    folder = common_folder(factory, f"forker-{program}")
    with (
        shared(folder, functools.partial(serve, program), ended) as told,
        Forker(factory.mktemp("forker"), Path(told["socket"])) as forker,
    ):
        yield forker


@pytest.fixture
def repository() -> Path:
    """The checkout."""
    return REPOSITORY
