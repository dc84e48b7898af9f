"""What `rag-eval --help` prints: plainly, for typer's boxes take longer to import than everything else together."""

from typing import Any

import typer
from typer.core import TyperGroup

_WHOLE = 1_000
"""Letters of a first sentence; it is wrapped, and not cut off."""


class CommandOverview(TyperGroup):
    """The commands with the first sentence of each; their own help is in typer's boxes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without any, print the commands and leave with 2; typer takes it for an error that its boxes have told."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit(2)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write usage, options and commands."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, in the order in which they are used."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(_WHOLE))
                    for name, command in commands
                    if command and not command.hidden
                ]
            )
