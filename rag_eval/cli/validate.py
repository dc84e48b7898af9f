"""`rag-eval validate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import printing
from rag_eval.cli.guard import guarded, remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_eval import planning, sweep

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
    from rag_eval import configfile, planning, sweep, telemetry

    telemetry.silence()
    wanted = configfile.load(experiment)
    if wanted.matrix is None:
        found = planning.validate(wanted)
        if as_json:
            print(json.dumps(_told(found), ensure_ascii=False))
            return
        _tell(experiment, found)
        printing.say(f"next: rag-eval run {experiment}")
        return
    variants = sweep.expand(wanted)
    every = sweep.validated(variants)
    if as_json:
        told = [
            {"label": each.label, "name": each.experiment.name, "settings": each.settings, **_told(found)}
            for each, found in zip(variants, every, strict=True)
        ]
        print(json.dumps({**_told(every[0]), "variants": told}, ensure_ascii=False))
        return
    _tell(experiment, every[0])
    _tell_variants(variants, every)
    printing.say(f"next: rag-eval sweep {experiment}")


def _tell(path: Path, found: "planning.Validated") -> None:
    printing.say(f"{path}: {found.plan.total} cases, fingerprint {found.plan.fingerprint}")
    if not found.ground_truth:
        printing.say(
            "  the cases are questions out of traces: without ground truth, only metrics without a reference apply"
        )
    if found.replay:
        printing.say(f"  {found.replay.headline}")
    _tell_own(found)
    for gate in found.demanded:
        printing.say(f"  gate {gate.text}")


def _tell_own(found: "planning.Validated", indent: str = "  ") -> None:
    """What depends on the target."""
    for line in found.remarks:
        remark(f"{indent}{line}")
    for name, count in found.applies.items():
        printing.say(f"{indent}{name}: the dataset has what it needs for {count} of {found.plan.total} cases")
        if not count:
            remark(f"{indent}{name} will apply to no case: {found.needs[name]}")


def _tell_variants(variants: "Sequence[sweep.Variant]", every: "Sequence[planning.Validated]") -> None:
    """Each variant, and what is otherwise with it than with the first."""
    printing.say(f"  matrix: {len(variants)} variants")
    for variant, found in zip(variants, every, strict=True):
        printing.say(f"    {variant.label} → {variant.experiment.name}")
        if found.replay and found is not every[0]:
            printing.say(f"      {found.replay.headline}")
        if (found.applies, found.remarks) != (every[0].applies, every[0].remarks):
            _tell_own(found, "      ")


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
