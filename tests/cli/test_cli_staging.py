"""`rag-eval staging`: what it is started with, and what it refuses to be."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.staging import server
from rag_eval.staging.errors import StagingError
from rag_eval.staging.settings import Settings

Call = tuple[Settings, str, int, dict[str, Any]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What the server would have been started with; it says that it listens and ends."""
    calls: list[Call] = []

    def serve(settings: Settings, host: str, port: int, ready: Any, **more: Any) -> None:
        calls.append((settings, host, port, more))
        ready(f"http://{host}:{port}")

    monkeypatch.setattr(server, "serve", serve)
    for name in ("USERNAME", "PASSWORD", "PROFILE", "CORPUS", "QUERY_LIMIT", "LLM_MODEL"):
        monkeypatch.delenv(f"RAG_STAGING_{name}", raising=False)
    return calls


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["staging", *argv])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org", "127.0.0.1.example.org", ""])
def test_the_demo_lets_nobody_in_from_elsewhere(host: str, served: list[Call]) -> None:
    """Its password is in the manual."""
    code, _, err = _invoke("--demo", "--host", host)
    assert (code, served) == (2, [])
    assert (
        err == f"error: --demo lets anyone in and is for this machine only, not for --host {host}. Do: leave it out\n"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_demo_is_there_for_this_machine(host: str, served: list[Call]) -> None:
    """As often as it likes; where it listens is told on standard error."""
    code, out, err = _invoke("--demo", "--host", host, "--port", "8801")
    ((settings, where, port, _),) = served
    assert (code, out, where, port) == (0, "", host, 8801)
    assert err == f"staging listens on http://{host}:8801; Ctrl-C ends it\n"
    assert settings.username == "demo"


def test_the_demo_has_its_own_account_whatever_the_environment_says(
    served: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a limit that somebody set stays set."""
    monkeypatch.setenv("RAG_STAGING_USERNAME", "ada")
    monkeypatch.setenv("RAG_STAGING_PASSWORD", "choose-one")
    assert _invoke()[0] == 0
    assert _invoke("--demo")[0] == 0
    assert [settings.username for settings, *_ in served] == ["ada", "demo"]


def test_the_command_line_goes_before_the_environment(served: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """And the environment before what is usual; what is not given leaves its word."""
    monkeypatch.setenv("RAG_STAGING_PROFILE", "weak")
    assert _invoke("--demo")[0] == 0
    assert _invoke("--demo", "--profile", "medium")[0] == 0
    weak, medium = (settings for settings, *_ in served)
    assert weak != medium
    assert "weak" in repr(weak)
    assert "medium" in repr(medium)


def test_workers_and_logs_are_passed_on(served: list[Call]) -> None:
    """As they are said."""
    assert _invoke("--demo", "--workers", "3", "--no-logs")[0] == 0
    assert _invoke("--demo")[0] == 0
    assert [more for *_, more in served] == [{"workers": 3, "logs": False}, {"workers": 1, "logs": True}]


@pytest.mark.parametrize("option", [["--workers", "0"], ["--workers", "65"], ["--port", "65536"], ["--port", "-1"]])
def test_numbers_that_make_no_sense_are_refused(option: list[str], served: list[Call]) -> None:
    """Before anything is started."""
    assert _invoke("--demo", *option)[0] == 2
    assert served == []


def test_a_script_is_told_when_it_listens(served: list[Call], tmp_path: Path) -> None:
    """In a file that is whole once it is there; one that cannot be written is told."""
    ready = tmp_path / "ready"
    assert _invoke("--demo", "--port", "8802", "--ready-file", str(ready))[0] == 0
    assert ready.read_text() == "http://127.0.0.1:8802"
    code, _, err = _invoke("--demo", "--ready-file", str(tmp_path / "gone" / "ready"))
    assert code == 2
    assert "--ready-file" in err
    assert len(served) == 2


@pytest.mark.parametrize(
    ("environment", "says"),
    [({"RAG_STAGING_PROFILE": "heroic"}, "heroic"), ({"RAG_STAGING_QUERY_LIMIT": "often"}, "often")],
)
def test_settings_that_do_not_do_are_told_in_one_line(
    environment: dict[str, str], says: str, served: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable; nothing is started."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, _, err = _invoke("--demo")
    assert (code, served) == (2, [])
    assert says in err


def test_a_variable_that_is_misspelt_is_warned_of(served: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """It would else do nothing."""
    monkeypatch.setenv("RAG_STAGING_PROFIL", "weak")
    code, _, err = _invoke("--demo")
    assert (code, len(served)) == (0, 1)
    assert "warning: " in err
    assert "RAG_STAGING_PROFIL" in err


def test_what_the_service_fails_with_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no traceback."""

    def serve(*_: object, **__: object) -> None:
        raise StagingError("port 8800 is taken")

    monkeypatch.setattr(server, "serve", serve)
    assert _invoke("--demo") == (2, "", "error: port 8800 is taken\n")
