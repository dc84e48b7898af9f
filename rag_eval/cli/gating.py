"""What the commands that know gates share: the gates of --gate, and the exit code of what became of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval.cli import printing
from rag_eval.cli.guard import print_error
from rag_eval.errors import ConfigError, GateFailed, GateUndecided, IncompleteError

if TYPE_CHECKING:
    from rag_eval.evaluation.results import ScoreFolder
    from rag_eval.gates import Gate
    from rag_eval.records import GateResult, Summary


def parsed(expressions: Sequence[str] | None) -> "tuple[Gate, ...]":
    """The gates of the command line, each once; raises `ConfigError` that names every mistake."""
    from rag_eval import gates

    parts: dict[str, Gate] = {}
    problems: list[str] = []
    for text in expressions or ():
        try:
            parts.setdefault(text, gates.parse(text, "--gate"))
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(parts.values())


def tell_saved(summary: "Summary") -> None:
    """Say what stopping when decided came to, where a run was asked that way."""
    design = summary.sequential
    if design is None:
        return
    if design.after is not None and summary.stopped:
        left = summary.planned - summary.cases
        printing.say(f"decided after {design.after} of {summary.planned} questions: {left} were not asked")
    else:
        printing.say(f"not decided before the end: all {summary.planned} questions were asked")


def demand_whole(summary: "Summary", folder: Path, decided: "Sequence[GateResult]") -> None:
    """Raise `IncompleteError` where too little was scored; where a gate failed by what was, only say so."""
    from rag_eval.evaluation.shortage import too_little

    shortfall = too_little(summary, folder)
    if not shortfall:
        return
    if not any(gate.outcome == "failed" for gate in decided):
        raise IncompleteError(shortfall)
    print_error(shortfall)


def demand_scored(kept: "ScoreFolder", decided: "Sequence[GateResult]") -> None:
    """The same of a finished run that was made before; an unfinished one fails every gate anyway."""
    from rag_eval import runs
    from rag_eval.evaluation import results

    if isinstance(kept, runs.RunFolder) and (summary := results.summary_of(kept)).finished:
        demand_whole(summary, kept.path, decided)


def leave(decided: "Sequence[GateResult]", undecided: str | None) -> None:
    """Raise `GateFailed` where a gate failed, and `GateUndecided` where one is undecided and nobody says what then."""
    outcomes = [gate.outcome for gate in decided]
    failed, open_ = outcomes.count("failed"), outcomes.count("undecided")
    counts = ", which counts as failed (--undecided fail)" if undecided == "fail" else ""
    if failed:
        raise GateFailed(f"{failed} of {_gates(len(decided))} failed{f', {open_} undecided{counts}' if open_ else ''}")
    if open_ and counts:
        raise GateFailed(f"{open_} of {_gates(len(decided))} undecided{counts}")
    if open_ and undecided is None:
        raise GateUndecided(
            f"{open_} of {_gates(len(decided))} undecided: more questions would tell, "
            "or --undecided pass or fail says what that counts as"
        )


def _gates(count: int) -> str:
    return f"{count} gate{'' if count == 1 else 's'}"
