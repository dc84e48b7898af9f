"""What every command shares: errors become one message and an exit code."""

import functools
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import typer

from rag_eval.cli import printing
from rag_eval.errors import RagEvalError

P = ParamSpec("P")
INTERRUPTED = 130


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Print our errors without a traceback and leave with their exit code; Ctrl-C leaves with 130."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        gc.enable()  # the program starts without
        try:
            command(*args, **kwargs)
        except RagEvalError as error:
            print_error(str(error))
            raise typer.Exit(error.exit_code) from None
        except (KeyboardInterrupt, typer.Abort):  # Ctrl-C, and Ctrl-D where something was asked
            print_error("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # who was to read it has gone; Click would end with 1, which is a gate's
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - till the end of the program
            raise typer.Exit(RagEvalError.exit_code) from None
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            print_error(
                f"{place}{error.strerror or error}. Look who may read and write there, and whether there is room"
            )
            raise typer.Exit(RagEvalError.exit_code) from None

    return run


@contextmanager
def uncollected() -> Iterator[None]:
    """Import without a search for garbage, which takes a tenth of the time and finds none; what is there stays."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collected:
            gc.enable()


def print_error(message: str) -> None:
    """Say what went wrong, on standard error, coloured on a terminal."""
    text = printing.fitted(f"error: {message}", sys.stderr)
    if printing.obeys(sys.stderr, os.environ):
        text = typer.style("error:", fg="red", bold=True) + text.removeprefix("error:")
    typer.echo(text, err=True)


def print_note(message: str) -> None:
    """Say something that is no result, on standard error."""
    typer.echo(printing.fitted(message, sys.stderr), err=True)
