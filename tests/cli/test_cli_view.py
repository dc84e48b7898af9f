"""`rag-eval view`, and the server behind it."""

import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.forker import Forker
from support.pages import unpacked
from support.runs import CASES, only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app, serving
from rag_eval.errors import MismatchError


@contextmanager
def _served(render: Callable[[], str]) -> Iterator[serving._PageServer]:
    server = serving._PageServer(0, render)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _get(server: serving._PageServer, path: str, host: str | None = None) -> tuple[int, str, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.getheader("Cache-Control")
    connection.close()
    return found


def test_the_page_is_made_anew_each_time_and_kept_nowhere() -> None:
    """So that a run can be watched."""
    pages = iter(["first", "second"])
    with _served(lambda: next(pages)) as server:
        assert _get(server, server.path) == (200, "first", "no-store")
        assert _get(server, server.path)[1] == "second"


def test_nobody_else_gets_it() -> None:
    """Neither another user of the machine, who knows the port alone, nor a page elsewhere whose name points here."""
    with _served(lambda: "secret") as server:
        assert _get(server, "/")[0] == 404
        assert _get(server, server.path, host="evil.example")[0] == 404
        assert "secret" not in _get(server, "/")[1]


def test_what_is_wrong_with_a_run_is_said_in_the_browser_too() -> None:
    """As where it was taken away meanwhile."""

    def gone() -> str:
        raise MismatchError("is not a run")

    with _served(gone) as server:
        assert _get(server, server.path)[:2] == (409, "is not a run")


def test_a_name_that_is_no_run_ends_at_once(tmp_path: Path) -> None:
    """Before anything listens."""
    result = CliRunner().invoke(app, ["view", "nothing", "--runs", str(tmp_path)])
    assert result.exit_code == 2
    assert "nothing: is no run" in result.stderr


@pytest.mark.slow
def test_two_runs_are_served_side_by_side_until_told_to_stop(tmp_path: Path, forker: Forker) -> None:
    """With every case; SIGTERM is no failure."""
    off = {"enabled": False}
    assert replay(tmp_path, "right", rows(), mlflow=off).exit_code == 0
    assert replay(tmp_path, "wrong", rows(wrong=2), mlflow=off).exit_code == 0
    runs = (str(only(tmp_path, name)) for name in ("right", "wrong"))
    error = tmp_path / "error"
    with forker.start("view", *runs, "--no-open", out=tmp_path / "out", error=error) as process:
        while not (error.exists() and "\n" in error.read_text()):
            assert process.poll() is None
            time.sleep(0.02)
        word, link = error.read_text().partition("\n")[0].split()
        assert word == "open"
        host, _, path = link.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(host)
        connection.request("GET", f"/{path}")
        page = connection.getresponse().read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    index = unpacked(page, "index")
    assert len(index["ids"]) == CASES
    assert [side["name"] for side in index["sides"]] == ["right", "wrong"]
