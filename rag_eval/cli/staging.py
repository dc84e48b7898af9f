"""`rag-eval staging`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded, remark
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

export RAG_STAGING_USERNAME=demo RAG_STAGING_PASSWORD=choose-one

rag-eval staging --profile weak --port 8801
"""


@guarded
def staging(
    *,
    profile: Annotated[str | None, typer.Option(help="Retrieval: weak, medium or strong.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder of Markdown pages instead of the demo's.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8800,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the base URL here once it listens, for scripts.")
    ] = None,
) -> None:
    """Serve a small RAG API over the demo's handbook, to have something to evaluate.

    Whoever asks must log in with RAG_STAGING_USERNAME and RAG_STAGING_PASSWORD.
    """
    try:
        from rag_eval.staging.errors import StagingError
        from rag_eval.staging.server import serve
        from rag_eval.staging.settings import Settings
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing. Do: pip install 'rag-eval[staging]'") from error

    def ready(url: str) -> None:
        remark(f"staging listens on {url}; Ctrl-C ends it")
        if ready_file is not None:
            draft = ready_file.with_name(f".{ready_file.name}.draft")
            draft.write_text(url, encoding="utf-8")
            draft.replace(ready_file)

    options = {"RAG_STAGING_PROFILE": profile, "RAG_STAGING_CORPUS": str(corpus) if corpus else None}
    try:
        settings = Settings.from_environ({**os.environ, **{k: v for k, v in options.items() if v is not None}})
        serve(settings, host, port, ready)
    except StagingError as error:
        raise UsageError(str(error)) from error
