"""`rag-eval validate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded, print_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_eval import sweep
    from rag_eval.evaluation import validation

EXAMPLES = """
[bold]Examples[/bold]

rag-eval validate experiments/strong.yaml
"""


@guarded
def validate(
    experiment: Annotated[Path, typer.Argument(help="Experiment file.")] = Path("rag-eval.yaml"),
    *,
    as_json: options.AsJson = False,
) -> None:
    """Check an experiment without asking anything: the file, every row, the environment, what applies."""
    from rag_eval import configfile, sweep, telemetry
    from rag_eval.evaluation import validation

    telemetry.silence()
    wanted = configfile.load(experiment)
    if wanted.matrix is None:
        validated = validation.validate(wanted)
        if as_json:
            print(json.dumps(_told(validated), ensure_ascii=False))
            return
        _tell(experiment, validated)
        printing.say(f"next: rag-eval run {experiment}")
        return
    variants = sweep.expand(wanted)
    every = sweep.validated(variants)
    if as_json:
        rows = [
            {"label": each.label, "name": each.experiment.name, "settings": each.settings, **_told(validated)}
            for each, validated in zip(variants, every, strict=True)
        ]
        print(json.dumps({**_told(every[0]), "variants": rows}, ensure_ascii=False))
        return
    _tell(experiment, every[0])
    _tell_variants(variants, every)
    printing.say(f"next: rag-eval sweep {experiment}")


def _tell(path: Path, validated: "validation.Validation") -> None:
    printing.say(f"{path}: {validated.survey.total} cases, fingerprint {validated.survey.fingerprint}")
    if not validated.ground_truth:
        printing.say(
            "  the cases are questions out of traces: without ground truth, only metrics without a reference apply"
        )
    if validated.replay:
        printing.say(f"  {validated.replay.headline}")
    _tell_own(validated)
    for gate in validated.gates:
        printing.say(f"  gate {gate.text}")


def _tell_own(validated: "validation.Validation", indent: str = "  ") -> None:
    """What depends on the target."""
    for line in validated.remarks:
        print_note(f"{indent}{line}")
    for name, count in validated.applies.items():
        printing.say(f"{indent}{name}: the dataset has what it needs for {count} of {validated.survey.total} cases")
        if not count:
            print_note(f"{indent}{name} will apply to no case: {validated.needs[name]}")


def _tell_variants(variants: "Sequence[sweep.Variant]", every: "Sequence[validation.Validation]") -> None:
    """Each variant, and what is otherwise with it than with the first."""
    printing.say(f"  matrix: {len(variants)} variants")
    for variant, validated in zip(variants, every, strict=True):
        printing.say(f"    {variant.label} → {variant.experiment.name}")
        if validated.replay and validated is not every[0]:
            printing.say(f"      {validated.replay.headline}")
        if (validated.applies, validated.remarks) != (every[0].applies, every[0].remarks):
            _tell_own(validated, "      ")


def _told(validated: "validation.Validation") -> dict[str, object]:
    record: dict[str, object] = {
        "cases": validated.survey.total,
        "fingerprint": validated.survey.fingerprint,
        "applies": validated.applies,
        "skipped": validated.survey.skips.skipped,
        "remarks": list(validated.remarks),
        "gates": [gate.text for gate in validated.gates],
    }
    return {**record, "replay": validated.replay.model_dump(mode="json")} if validated.replay else record
