"""`rag-eval capture`."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval import files
from rag_eval.cli import printing
from rag_eval.cli.guard import guarded, print_error, print_note
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.traces.receiver.store import CaptureCounts
    from rag_eval.traces.receiver.tally import RequestTally

_MIB = 1 << 20
_CLEAR = "\r\x1b[2K"

EXAMPLES = """
[bold]Examples[/bold]

rag-eval capture -o capture

rag-eval capture -o capture --until 200 --for 600

export CAPTURE_TOKEN=$(openssl rand -hex 32); rag-eval capture -o capture --host 0.0.0.0 --token-env CAPTURE_TOKEN
"""


@guarded
def capture(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the traces; one that is there goes on.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on; one that others can reach needs --token-env.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 4318,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Environment variable with the token that exporters must show.")
    ] = None,
    limit: Annotated[str, typer.Option(help="Requests that one address may send.")] = "600/minute",
    max_body: Annotated[int, typer.Option(min=1, max=1024, help="MiB of one request, also once unpacked.")] = 16,
    max_traces: Annotated[int, typer.Option(min=1, help="Traces that the folder may hold.")] = 100_000,
    max_size: Annotated[int, typer.Option(min=1, help="MiB that the folder may take.")] = 10_240,
    seconds: Annotated[float | None, typer.Option("--for", min=0.1, help="Stop after so many seconds.")] = None,
    until: Annotated[int | None, typer.Option(min=1, help="Stop when the folder holds so many traces.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Write the URL here once it listens, for scripts.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Receive traces that a service exports by OpenTelemetry (OTLP over HTTP), to replay or to sample them.

    Point the service at it with OTEL_EXPORTER_OTLP_ENDPOINT. Ctrl-C ends it and keeps what has come.
    """
    try:
        from rag_eval.traces.receiver import admission
        from rag_eval.traces.receiver import server as receiver
        from rag_eval.traces.receiver.stopping import StopRule
        from rag_eval.traces.receiver.store import CaptureLimits
        from rag_eval.traces.receiver.tally import RequestTally
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing. Do: pip install 'rag-eval[capture]'") from error
    token = admission.expect_token(host, token_env, os.environ)
    size, tally = max_body * _MIB, RequestTally()
    live = sys.stderr.isatty() and not quiet
    counts = receiver.serve(
        output,
        host=host,
        port=port,
        token=token,
        limits=admission.ReceiverLimits(rate=limit, body=size, waiting_bytes=4 * size),
        most=CaptureLimits(max_traces, max_size * _MIB),
        on_ready=lambda url: _ready(url, output, ready_file, quiet=quiet),
        on_tick=_watched(StopRule(time.monotonic, seconds, until), live=live),
        warn=print_error,
        tally=tally,
    )
    if not quiet:
        _sum_up(output, counts, tally, live=live)


def _ready(url: str, output: Path, ready_file: Path | None, *, quiet: bool) -> None:
    if not quiet:
        print_note(f"capture listens on {url} and writes to {output}; Ctrl-C ends it")
    if ready_file is not None:
        files.write_ready_file(ready_file, url)


def _watched(is_enough: Callable[["CaptureCounts"], bool], *, live: bool) -> Callable[["CaptureCounts"], bool]:
    """What looks at the counts now and then: shows them on a terminal, and says whether it is enough."""
    shown = ""

    def tick(counts: "CaptureCounts") -> bool:
        """Show the counts where they are others than before."""
        nonlocal shown
        if live and (line := described(counts)) != shown:
            shown = line
            sys.stderr.write(f"{_CLEAR}{line}")
            sys.stderr.flush()
        return is_enough(counts)

    return tick


def described(counts: "CaptureCounts") -> str:
    """Counts as one line."""
    line = f"{counts.traces} traces, {counts.spans} spans, {counts.with_contexts} traces with contexts"
    extra = {"came again": counts.repeated, "rejected": counts.rejected}
    return line + "".join(f", {count} {name}" for name, count in extra.items() if count)


def _sum_up(output: Path, counts: "CaptureCounts", tally: "RequestTally", *, live: bool) -> None:
    if live:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()
    printing.say(f"{output}: {described(counts)}")
    for line in tally.lines():
        print_note(line)
    if counts.traces and not counts.with_contexts:
        print_note("No trace has contexts: record a retrieval span in the service; docs/capture.md has one")
