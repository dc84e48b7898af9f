"""`rag-eval validate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_eval.cli import options, printing
from rag_eval.cli.guard import guarded, print_note
from rag_eval.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_eval import config, sweep
    from rag_eval.evaluation import probe, validation

EXAMPLES = """
[bold]Examples[/bold]

rag-eval validate experiments/strong.yaml

rag-eval validate experiments/strong.yaml --ask 1
"""


@guarded
def validate(
    experiment: Annotated[Path, typer.Argument(help="Experiment file.")] = Path("rag-eval.yaml"),
    *,
    ask: Annotated[
        int,
        typer.Option(
            "--ask", metavar="N", min=0, help="Also ask the first N cases and have them judged; nothing is kept."
        ),
    ] = 0,
    as_json: options.AsJson = False,
) -> None:
    """Check an experiment without asking anything: the file, every row, the environment, what applies.

    With --ask the service and the judge are asked as a run would: what each path of select found, what the scores rest
    on, and what the judge will cost for the whole dataset. Leaves with 3 where an answer or a score did not come.
    """
    from rag_eval import configfile, sweep, telemetry
    from rag_eval.evaluation import validation

    telemetry.silence()
    wanted = configfile.load(experiment)
    if wanted.matrix is None:
        validated = validation.validate(wanted)
        made = _asked(wanted, ask, validated) if ask else None
        if as_json:
            printing.dump({**_told(validated), **(_asked_as_json(made) if made else {})})
        else:
            _tell(experiment, validated)
            if made:
                _tell_asked(made, wanted)
            if made is None or made.is_whole:
                printing.say(f"next: rag-eval run {experiment}")
        if made:
            _demand_whole(made)
        return
    if ask:
        raise UsageError("--ask asks one system, and a matrix is several: leave --ask out, or ask one variant of it")
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


def _asked(wanted: "config.Experiment", ask: int, validated: "validation.Validation") -> "probe.Probe":
    """The first cases, asked and judged."""
    from rag_eval.evaluation import probe

    return probe.probe(wanted, ask, validated.survey.asked)


def _tell_asked(made: "probe.Probe", wanted: "config.Experiment") -> None:
    """What came of each case, and what the judge was asked."""
    from rag_eval.evaluation import probe
    from rag_eval.records import Answer
    from rag_eval.reports import formatting, terminal

    for row in made.rows:
        printing.say("")
        printing.show(terminal.case(row))
        if isinstance(row.reply, Answer):
            for setting, path, seen in probe.selected(wanted.target, row.reply):
                printing.say(f"  {setting} {path!r} found {seen}")
    printing.say("")
    printing.say(f"judge: {formatting.judge(made.summary)}. {formatting.spend_of(made.summary.usage)}")
    if expected := made.expected:
        printing.say(f"the whole run, {made.cases} cases: about {formatting.spend_of(expected)}")


def _asked_as_json(made: "probe.Probe") -> dict[str, object]:
    """The same for programs."""
    return {
        "asked": [printing.case_record(row) for row in made.rows],
        "usage": made.summary.usage.model_dump(mode="json"),
        "expected_usage": made.expected.model_dump(mode="json") if made.expected else None,
    }


def _demand_whole(made: "probe.Probe") -> None:
    """Raise `IncompleteError` where an answer or a score did not come, `FirstContactError` where nobody went on."""
    from rag_eval.reports import formatting

    if made.error:
        raise made.error
    if not made.is_whole:
        raise IncompleteError("\n  ".join(["not every answer and score came:", *formatting.failures(made.summary)]))


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
