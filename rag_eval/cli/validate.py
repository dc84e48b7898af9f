"""`rag-eval validate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from rag_eval.cli.guard import guarded, remark

EXAMPLES = """
[bold]Examples[/bold]

rag-eval validate experiments/strong.yaml
"""


@guarded
def validate(
    experiment: Annotated[Path, typer.Argument(help="Experiment file.")] = Path("rag-eval.yaml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Check an experiment without asking anything: the file, every row, the environment, what applies."""
    from rag_eval import configfile, planning, telemetry

    telemetry.silence()
    found = planning.validate(configfile.load(experiment))
    if as_json:
        print(json.dumps({"cases": found.plan.total, "fingerprint": found.plan.fingerprint, "applies": found.applies}))
        return
    print(f"{experiment}: {found.plan.total} cases, fingerprint {found.plan.fingerprint}")
    for name, count in found.applies.items():
        print(f"  {name}: the dataset has what it needs for {count} of {found.plan.total} cases")
        if not count:
            remark(f"  {name} will apply to no case: {found.needs[name]}")
    print(f"next: rag-eval run {experiment}")
