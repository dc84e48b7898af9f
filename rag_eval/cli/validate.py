"""`rag-eval validate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import printing
from rag_eval.cli.guard import guarded, remark

if TYPE_CHECKING:
    from rag_eval import planning

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
        print(json.dumps(_told(found), ensure_ascii=False))
        return
    printing.say(f"{experiment}: {found.plan.total} cases, fingerprint {found.plan.fingerprint}")
    if not found.ground_truth:
        printing.say(
            "  the cases are questions out of traces: without ground truth, only metrics without a reference apply"
        )
    if found.replay:
        printing.say(f"  {found.replay.headline}")
    for line in found.remarks:
        remark(f"  {line}")
    for name, count in found.applies.items():
        printing.say(f"  {name}: the dataset has what it needs for {count} of {found.plan.total} cases")
        if not count:
            remark(f"  {name} will apply to no case: {found.needs[name]}")
    for gate in found.demanded:
        printing.say(f"  gate {gate.text}")
    printing.say(f"next: rag-eval run {experiment}")


def _told(found: "planning.Validated") -> dict[str, object]:
    said: dict[str, object] = {
        "cases": found.plan.total,
        "fingerprint": found.plan.fingerprint,
        "applies": found.applies,
        "skipped": found.plan.skips.skipped,
        "remarks": list(found.remarks),
        "gates": [gate.text for gate in found.demanded],
    }
    return {**said, "replay": found.replay.model_dump(mode="json")} if found.replay else said
