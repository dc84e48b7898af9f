"""Whether enough of a run was scored to stand for its dataset, and what to do where it was not."""

from pathlib import Path

from rag_eval import configfile
from rag_eval.records import Summary
from rag_eval.reports import formatting
from rag_eval.runs import RunFolder

_MOST = 3
"""Kinds of failures that are told of in an error; the reports have them all."""


def too_little(summary: Summary, folder: Path) -> str:
    """What to say where too little of a run was scored, and what to do; nothing where it was enough."""
    short = summary.short_of_coverage
    if short:
        counts = formatting.grouped({m.name: formatting.scored(m) for m in short})
        names = "; ".join(f"{names} {count}" for count, names in counts)
        reasons = "".join(f"\n  {line}" for line in formatting.failures(summary)[:_MOST])
        then = f"Mend that, then: {_mended(summary, folder)}"
        return f"too little was scored to stand for the dataset: {names}{reasons}\n{then}"
    if summary.without_value:
        return (
            f"{' '.join(formatting.without_value(summary.without_value))} Give the cases what it needs, which "
            "rag-eval validate says, or leave the metric out"
        )
    return ""


def _mended(summary: Summary, folder: Path) -> str:
    """How to come to the scores that are missing; a replay has the same answers however often it is played."""
    target = configfile.load(RunFolder(folder).experiment).target
    if summary.target_failures and not target.asks_live:
        return "complete the captured answers, and run the experiment again"
    return f"rag-eval run --resume {folder} --retry-errors"
