"""`rag-eval ui`."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import FrameType
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded, remark

EXAMPLES = """
[bold]Examples[/bold]

rag-eval ui

MLFLOW_TRACKING_URI=https://mlflow.example.com rag-eval ui
"""
_ENDING_S = 10.0
"""Seconds that the server may take to end."""


@guarded
def ui(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on the loopback address.")] = 5000,
    experiment: Annotated[
        str | None,
        typer.Option("--config", "-c", help="Experiment file whose store to open.", metavar="FILE"),
    ] = None,
) -> None:
    """Open MLflow on the store that runs are kept in, with telemetry off. Ctrl-C ends it."""
    from pathlib import Path

    from rag_eval import config, configfile, telemetry
    from rag_eval.tracking import store

    said = configfile.load(Path(experiment)).mlflow if experiment else config.Mlflow()
    uri = store.uri(said)
    if uri.startswith(("http://", "https://")):
        print(f"{store.base(uri)}/#/experiments?workflowType=genai")
        return
    remark(f"store    {uri}\nopen     http://127.0.0.1:{port}/#/experiments?workflowType=genai")
    telemetry.silence()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    raise typer.Exit(_served(command))


def _served(command: list[str]) -> int:
    """Run a server with all its children until it ends, or until somebody ends this process, however he does it."""

    def end(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with subprocess.Popen(command, env=os.environ, start_new_session=True) as server:  # noqa: S603 - our own words
        try:
            return server.wait()
        finally:
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(_ENDING_S)
            with suppress(ProcessLookupError):  # its job runners do not heed the first
                os.killpg(server.pid, signal.SIGKILL)
