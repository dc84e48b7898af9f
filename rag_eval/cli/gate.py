"""`rag-eval gate`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rag_eval.cli import completion, gating, options, printing, prove
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import UsageError

EXAMPLES = """
[bold]Examples[/bold]

rag-eval gate latest

rag-eval gate strong --against main

rag-eval gate strong --gate 'correctness.mean >= 0.7' --gate 'latency.p95 <= 2s' --undecided fail

rag-eval gate strong --against weak --gate 'context_recall.drop_vs <= 0.02' --json

rag-eval gate prove strong.yaml
"""


class _RunOrCommand(TyperGroup):
    """A group that is a command itself: `gate RUN`, and `gate prove` beside it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave what stands behind a command's name to that command."""
        if args and args[0] in self.commands:
            return super().parse_args(ctx, ["", *args])
        ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters; where a command beneath says how it is called, RUN is no part of that."""
        return super().get_params(ctx) if ctx.command is self else []


def _complete(ctx: typer.Context, incomplete: str) -> list[completion.Completion]:
    commands = [("prove", "say what gates would notice")] if "prove".startswith(incomplete) else []
    return [*commands, *completion.complete_scores(ctx, incomplete)]


app = typer.Typer(
    cls=_RunOrCommand,
    invoke_without_command=True,
    subcommand_metavar="",
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
)


@app.callback()
@guarded
def gate(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help=options.RUN_HELP, autocompletion=_complete)] = "latest",
    *,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A baseline or a run that stands for every baseline that the gates name.",
            autocompletion=completion.complete_scores,
        ),
    ] = None,
    expressions: options.Gates = None,
    undecided: options.UndecidedAs = None,
    baselines: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of baselines.", show_default="the experiment's")
    ] = None,
    runs_folder: options.RunsFolder = Path("runs"),
    as_json: options.AsJson = False,
) -> None:
    """Say whether a run keeps what its experiment demands, and what --gate adds to that.

    Leaves with 0 where every gate passes, 1 where one fails, else 3 where too little was scored, else 4 where one is
    undecided.
    """
    if ctx.invoked_subcommand is not None:
        return
    from rag_eval import configfile, gates
    from rag_eval.evaluation import results
    from rag_eval.records import overall_outcome
    from rag_eval.reports import terminal

    kept = results.locate(run, runs_folder, baselines or Path("baselines"), wanted="current", tell=print_note)
    experiment = configfile.load(kept.experiment)
    root = baselines or Path(experiment.baselines)
    stand_in = results.locate(against, runs_folder, root, tell=print_note) if against else None
    demanded = (*gates.of_experiment(experiment), *gating.parsed(expressions))
    if not demanded:
        raise UsageError(f"{kept.id}: its experiment has no gates. Write some under `gates:`, or give --gate EXPR")
    decided = results.gate(kept, demanded, against=stand_in, root=root)
    if as_json:
        parts = [gate.model_dump(mode="json") for gate in decided]
        record = {"run": kept.id, "outcome": overall_outcome(decided), "gates": parts}
        printing.dump(record)
    else:
        printing.show(terminal.gates(decided))
    gating.demand_scored(kept, decided)
    gating.leave(decided, undecided)


app.command("prove", epilog=prove.EXAMPLES)(prove.prove)
