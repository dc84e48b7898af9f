"""Who answered in the judge's name, and without which parameters, in words."""

import shlex
from collections.abc import Mapping, Sequence

from rag_eval.records import ObservedJudge, Summary

_STEADYING = ("temperature", "seed")
"""Parameters without which a model's replies vary more."""


def warnings(summary: Summary) -> list[str]:
    """What a reader must know of the endpoint before believing a number of this run."""
    judged, asked = summary.judged, str(summary.origin.judge.get("model") or "")
    lines, whole = list[str](), sum(judged.models.values())
    if asked and (others := judged.others(asked)):
        lines.append(
            f"The judge that was asked for is {asked}; of {whole} replies {_counted(others)}, as the endpoint says: an "
            "alias, or another judge than the one that is named."
        )
    elif len(judged.models) > 1:
        lines.append(f"The judge changed in the run: of {whole} replies {_counted(judged.models)}.")
    if steadying := _steadying(judged):
        lines.append(
            f"The judge's endpoint takes no {' and no '.join(steadying)}, which it was asked without: its replies to "
            "the same answer may differ from run to run."
        )
    if summary.suspicious.count:
        lines.append(_suspicious(summary))
    return lines


def _suspicious(summary: Summary) -> str:
    """That texts speak to the judge, and where they are."""
    cases = summary.suspicious
    more = f" and {cases.count - len(cases.first)} more" if cases.count > len(cases.first) else ""
    judge = "The embedded judge takes no orders." if summary.embedded_judge else "Control statements went with them."
    return (
        f"{cases.count} of {summary.cases} cases hold text that speaks to the judge, such as orders to it or hidden "
        f"characters: {', '.join(cases.first)}{more}. {judge} Look at one with: rag-eval show {summary.run_id} --case "
        f"{shlex.quote(cases.first[0])}"
    )


def differences(a: ObservedJudge, b: ObservedJudge) -> tuple[str, ...]:
    """In what the endpoints of two runs' judges differ, by their own word, a sentence each."""
    lines = []
    if a.models and b.models and {*a.models} != {*b.models}:
        lines.append(f"Other models judged: in A {_counted(a.models)}, in B {_counted(b.models)}.")
    if a.models and b.models and _steadying(a) != _steadying(b):
        left = {side: " or ".join(_steadying(judged)) for side, judged in (("A", a), ("B", b))}
        asked = [f"in {side} without {names}" if names else f"in {side} with both" for side, names in left.items()]
        lines.append(f"The judge was not asked alike, of temperature and seed: {', '.join(asked)}.")
    return tuple(lines)


def _counted(models: Mapping[str, int]) -> str:
    return " and ".join(f"{count} came from {name}" for name, count in models.items())


def _steadying(judged: ObservedJudge) -> Sequence[str]:
    return [name for name in _STEADYING if name in judged.left_out]
