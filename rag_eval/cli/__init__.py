"""The command line: options in, one call, print, exit code."""

from rag_eval.cli.commands import UNFORESEEN, app, main

__all__ = ["UNFORESEEN", "app", "main"]
