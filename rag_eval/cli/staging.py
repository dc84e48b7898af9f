"""`rag-eval staging`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from rag_eval import files
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval staging --demo

export RAG_STAGING_USERNAME=ada RAG_STAGING_PASSWORD=choose-one

rag-eval staging --profile weak --port 8801

RAG_STAGING_REDIS_URL=redis://127.0.0.1:6379/0 rag-eval staging --workers 2

RAG_STAGING_LLM_BASE_URL=http://127.0.0.1:11434/v1 RAG_STAGING_LLM_MODEL=llama3.2 rag-eval staging
"""
_DEMO = {"RAG_STAGING_USERNAME": "demo", "RAG_STAGING_PASSWORD": "demo"}
_UNLIMITED = {f"RAG_STAGING_{scope}_LIMIT": "unlimited" for scope in ("QUERY", "UPLOAD", "ACCOUNT")}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@guarded
def staging(
    *,
    profile: Annotated[str | None, typer.Option(help="Retrieval: weak, medium or strong.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder of Markdown pages instead of the demo's.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8800,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Let in demo with password demo, as often as it likes; on this machine only."),
    ] = False,
    logs: Annotated[bool, typer.Option(help="Write lines of JSON to standard error.")] = True,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the base URL here once it listens, for scripts.")
    ] = None,
) -> None:
    """Serve a small, hardened RAG API over the demo's handbook, to have something to evaluate.

    Who asks must log in, as RAG_STAGING_USERNAME or with an account made at /api/v1/auth/register. Answers are
    extracted, or written by the model that RAG_STAGING_LLM_* name. All settings: docs/staging.md.
    """
    if demo and host not in _LOOPBACK:
        raise UsageError(f"--demo lets anyone in and is for this machine only, not for --host {host}. Do: leave it out")
    try:
        from rag_eval.staging.errors import StagingError
        from rag_eval.staging.server import serve
        from rag_eval.staging.settings import Settings, strangers
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing. Do: pip install 'rag-eval[staging]'") from error

    def ready(url: str) -> None:
        print_note(f"staging listens on {url}; Ctrl-C ends it")
        if ready_file is not None:
            files.write_ready_file(ready_file, url)

    options = {"RAG_STAGING_PROFILE": profile, "RAG_STAGING_CORPUS": str(corpus) if corpus else None}
    try:
        for sentence in strangers(os.environ):
            print_note(f"warning: {sentence}")
        given = {k: v for k, v in options.items() if v is not None}
        settings = Settings.from_environ(
            {**(_UNLIMITED if demo else {}), **os.environ, **(_DEMO if demo else {}), **given}
        )
        serve(settings, host, port, ready, workers=workers, logs=logs)
    except StagingError as error:
        raise UsageError(str(error)) from error
