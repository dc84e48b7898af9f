"""The names of runs and baselines that a shell completes.

Nothing but names is read to complete one, as a shell waits for it.
"""

from collections.abc import Iterator
from pathlib import Path

import typer

from rag_eval.runs import names

Completion = tuple[str, str]
"""What may stand there, and what it is; zsh and fish show both."""


def _runs(ctx: typer.Context, incomplete: str) -> Iterator[Completion]:
    known = names.known(Path(ctx.params.get("former_runs") or ctx.params.get("runs_folder") or "runs"))
    experiments = dict.fromkeys(names.experiment_of(run) for run in reversed(known))
    what = {names.LATEST: "the newest run"} if known else {}
    what |= dict.fromkeys(experiments, "the newest run of this experiment")
    what |= {run: f"a run of {names.experiment_of(run)}" for run in reversed(known)}
    return ((name, about) for name, about in what.items() if name.startswith(incomplete))


def _baselines(ctx: typer.Context, incomplete: str) -> Iterator[Completion]:
    known = names.baselines(Path(ctx.params.get("baselines") or "baselines"))
    return ((name, "a baseline") for name in known if name.startswith(incomplete))


def complete_run(ctx: typer.Context, incomplete: str) -> list[Completion]:
    """The names by which a run is found: ids, experiments, `latest`."""
    return [*_runs(ctx, incomplete)]


def complete_baseline(ctx: typer.Context, incomplete: str) -> list[Completion]:
    """The names of the baselines."""
    return [*_baselines(ctx, incomplete)]


def complete_scores(ctx: typer.Context, incomplete: str) -> list[Completion]:
    """What can be compared: the names of baselines and of runs."""
    return [*_baselines(ctx, incomplete), *_runs(ctx, incomplete)]
