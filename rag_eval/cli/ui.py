"""`rag-eval ui`."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval ui

rag-eval ui latest

rag-eval ui weak strong

MLFLOW_TRACKING_URI=https://mlflow.example.com rag-eval ui
"""
_ENDING_S = 10.0
"""Seconds that the server may take to end."""
_GLANCE_S = 0.2
"""Seconds between two looks whether it has started."""
_LAST_LINES = 20
_MOST_RUNS = 2
_START = "/#/experiments?workflowType=genai"


@guarded
def ui(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN…",
            help="A run or load test whose page to open, or two runs, A and B, to see side by side.",
        ),
    ] = None,
    *,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port on the loopback address.", show_default="5000, or the next that is free"
        ),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option("--config", "-c", help="Experiment file whose store to open.", metavar="FILE"),
    ] = None,
    runs_folder: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
) -> None:
    """Open MLflow on the store that runs are kept in, with telemetry off, and say where. Ctrl-C ends it."""
    from rag_eval import telemetry
    from rag_eval.tracking import pages, store

    folders = _folders(names or [], runs_folder)
    uri = _store(folders, experiment)
    page = pages.find(*folders) if folders else None
    if store.is_server(uri):
        print(page.link if page else f"{store.base(uri)}{_START}")
        return
    if there := pages.serves(uri):
        print_note("is open already")
        print(page.link if page and page.listens else f"{there}{_START}")
        return
    if port is not None and not pages.is_free(port):
        raise UsageError(f"--port {port}: is taken. Leave --port out for one that is free: {pages.free_port()}")
    port = port or pages.free_port()
    print_note(f"store    {uri}")
    telemetry.silence()
    with pages.noting(uri, port):
        raise typer.Exit(_served(uri, port, pages.at(port, page.link) if page else f"{pages.address(port)}{_START}"))


def _folders(names: list[str], root: Path) -> list[Path]:
    """The folders of the runs that are named; raises `UsageError` where MLflow has no page of them."""
    from rag_eval import runs
    from rag_eval.tracking import store

    if len(names) > _MOST_RUNS:
        raise UsageError(f"MLflow shows two runs side by side, and no {len(names)}. Name one, or A and B")
    there = [Path(name) for name in names]
    folders = [path if store.read(path) else runs.find(str(path), root).path for path in there]
    for folder in folders:
        if store.read(folder) is None:
            raise UsageError(f"{folder}: is not in MLflow. Do: rag-eval sync {folder}")
    if len(folders) == _MOST_RUNS and store.comparison_link(*folders) is None:
        raise UsageError(f"{' and '.join(names)} are in different MLflow experiments, which has no page for both")
    return folders


def _store(folders: list[Path], experiment: str | None) -> str:
    """The store that runs are in, else that of an experiment file, else that of the environment."""
    from rag_eval import config, configfile
    from rag_eval.tracking import store

    tracked = store.read(folders[0]) if folders else None
    if tracked is not None:
        return tracked.tracking_uri
    return store.uri(configfile.load(Path(experiment)).mlflow if experiment else config.MlflowConfig())


def _served(uri: str, port: int, link: str) -> int:
    """Run a server with all its children until it ends, or until somebody ends this process, however he does it.

    What it says of itself is kept back, and its end shown only where it fails.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environ = {
        # Seven processes for jobs that nobody starts here; each takes seconds of both cores before anything is shown.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **os.environ,
        "MLFLOW_LOGGING_LEVEL": "WARNING",  # here nobody else says what went wrong
    }

    def end(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=environ, start_new_session=True) as server,  # noqa: S603
    ):
        try:
            _announce(server, port, link)
            code = server.wait()
        finally:
            _end(server)
        if code:
            log.seek(0)
            print_error(f"MLflow ended with {code}:\n{''.join(log.readlines()[-_LAST_LINES:])}")
        return code


def _announce(server: "subprocess.Popen[bytes]", port: int, link: str) -> None:
    """Say where the pages are as soon as they are there."""
    from rag_eval.tracking import pages

    while server.poll() is None:
        if pages.answers(port):
            print(f"open     {link}", flush=True)
            return
        time.sleep(_GLANCE_S)


def _end(server: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(_ENDING_S)
    with suppress(ProcessLookupError):  # its job runners do not heed the first
        os.killpg(server.pid, signal.SIGKILL)
