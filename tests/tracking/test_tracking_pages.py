"""Where a run can be seen: a link where something shows it, else the command that opens it."""

import socket
from pathlib import Path

import pytest
from support.mlflow_server import MlflowServer
from support.runs import only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.tracking import pages, store
from rag_eval.tracking.store import TrackedRun


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, mlflow_server: MlflowServer) -> tuple[Path, Path]:
    """Two runs that stand in the server's database file, as far as their folders know."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "own.db").symlink_to(mlflow_server.database)  # the note beside it is seen by these tests alone
    for name in ("a", "b"):
        said = {"tracking_uri": mlflow_server.url, "experiment": "pages"}
        assert replay(folder, name, rows(2), mlflow=said, metrics=["latency"]).exit_code == 0
        tracked = store.read(only(folder, name))
        assert tracked is not None
        tracked.model_copy(update={"tracking_uri": f"sqlite:///{folder / 'own.db'}"}).keep(only(folder, name))
    return only(folder, "a"), only(folder, "b")


@pytest.mark.slow
def test_where_nothing_shows_a_run_the_command_says_so(runs: tuple[Path, Path]) -> None:
    """With a port that is free; the link is the one that there will be."""
    page = pages.find(*runs)
    assert page is not None
    assert not page.listens
    port = pages.free_port()
    more = "" if port == pages.PORT else f" --port {port}"
    assert page.command == f"rag-eval ui {runs[0]} {runs[1]}{more}"
    assert page.link.startswith(f"http://127.0.0.1:{port}/#/experiments/")


@pytest.mark.slow
def test_a_note_beside_the_database_leads_to_the_pages(runs: tuple[Path, Path], mlflow_server: MlflowServer) -> None:
    """As long as the run is there; `compare` prints that link, and the note goes with the server."""
    tracked = store.read(runs[0])
    assert tracked is not None
    uri = tracked.tracking_uri
    with pages.noting(uri, mlflow_server.port):
        assert pages.serves(uri) == mlflow_server.url
        page = pages.find(*runs)
        assert page is not None
        assert page.listens
        assert page.link.startswith(mlflow_server.url)
        compared = CliRunner().invoke(app, ["compare", *map(str, runs)])
        assert page.link in compared.output
        opened = CliRunner().invoke(app, ["ui", *map(str, runs)])
        assert (opened.exit_code, page.link in opened.output) == (0, True), opened.output
        tracked = store.read(runs[1])
        assert tracked is not None
        gone = tracked.model_copy(update={"run_id": "0" * 32})
        gone.keep(runs[1])
        lost = pages.find(runs[1])
        tracked.keep(runs[1])
    assert lost is not None
    assert not lost.listens, "somebody answers there who does not have the run"
    assert pages.noted_port(uri) is None


def test_a_server_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    """Its link is not passed off as one that opens; a run that was never pushed has no page."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    TrackedRun(tracking_uri=f"http://127.0.0.1:{port}", experiment_id="1", run_id="abc").keep(tmp_path)
    page = pages.find(tmp_path)
    assert page is not None
    assert (page.listens, page.command) == (False, "")
    assert pages.find(tmp_path / "never") is None


def test_a_port_that_is_taken_is_not_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one after it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(pages, "PORT", port)
        assert not pages.is_free(port)
        assert pages.free_port() > port
        refused = CliRunner().invoke(app, ["ui", "--port", str(port)])
    assert refused.exit_code == 2
    assert f"--port {port}: is taken" in refused.output


def test_a_note_that_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    """Nor one that is damaged."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    note = tmp_path / "mlflow.db.ui"
    for text in ('{"port": 1, "pid": 4194999}', '{"port": 1}', "{", "[]"):
        note.write_text(text)
        assert pages.serves(uri) is None
