"""Logs of our own, and none of anybody else's telemetry."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from rag_eval.telemetry import configure_logging, silence


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    """What a test configures is gone after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines on standard error; nothing may be on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return [line for line in err.splitlines() if line]


def test_every_switch_is_thrown() -> None:
    """RAGAs, MLflow, Hugging Face and LangChain are told, each in its own words, to send nothing."""
    environ = {"RAGAS_DO_NOT_TRACK": "1", "LANGSMITH_TRACING": "true", "PATH": "/bin"}
    silence(environ)
    assert environ["RAGAS_DO_NOT_TRACK"] == "true"
    assert environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert environ["LANGSMITH_TRACING"] == environ["LANGCHAIN_TRACING_V2"] == "false"
    assert environ["PATH"] == "/bin"


def test_the_environment_of_the_process_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the process and its children are silenced."""
    monkeypatch.setenv("RAGAS_DO_NOT_TRACK", "false")
    silence()
    assert os.environ["RAGAS_DO_NOT_TRACK"] == "true"


@pytest.mark.slow
def test_ragas_takes_the_switch_at_its_word() -> None:
    """Importing our metrics leaves RAGAs' telemetry off, although the shell had it on."""
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import rag_eval.metrics.ragas\n"
        "from ragas._analytics import do_not_track\n"
        "print(do_not_track())"
    )
    environ = {name: value for name, value in os.environ.items() if name != "RAGAS_DO_NOT_TRACK"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize(
    ("verbose", "expected"),
    [
        (0, ["warning"]),
        (1, ["info", "warning"]),
        (2, ["debug", "info", "warning"]),
        (9, ["debug", "info", "warning"]),
    ],
)
def test_verbosity(verbose: int, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings are always told, notes with -v, everything with -vv; all of it on standard error."""
    configure_logging(verbose=verbose, as_json=True)
    log = structlog.get_logger()
    log.debug("fine")
    log.info("note")
    log.warning("look", case="c1")
    lines = [json.loads(line) for line in said(capsys)]
    assert [line["level"] for line in lines] == expected
    assert lines[-1]["event"] == "look"
    assert lines[-1]["case"] == "c1"
    assert lines[-1]["timestamp"].endswith("Z")


def test_for_people_without_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is no terminal, lines hold no escape sequences."""
    configure_logging()
    structlog.get_logger().warning("look", case="c1")
    (line,) = said(capsys)
    assert "look" in line
    assert "case=c1" in line
    assert "\x1b" not in line


def test_other_libraries_notes_stay_quiet() -> None:
    """Libraries that log by the standard module are heard from warnings upwards only, on standard error."""
    code = (
        "import logging; from rag_eval.telemetry import configure_logging; configure_logging(verbose=2)\n"
        "logging.getLogger('some.library').info('chatter'); logging.getLogger('some.library').warning('trouble')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "some.library: trouble\n")
