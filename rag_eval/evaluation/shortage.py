"""Whether enough of a run was scored to stand for its dataset, and what to do where it was not."""

from pathlib import Path

from rag_eval import configfile
from rag_eval.records import Summary
from rag_eval.reports import formatting
from rag_eval.runs import RunFolder


def too_little(summary: Summary, folder: Path) -> str:
    """What to say where too little of a run was scored, and what to do; nothing where it was enough."""
    short = summary.short_of_coverage
    if short:
        names = ", ".join(f"{m.name} {formatting.scored(m)}" for m in short)
        return (
            f"too little was scored to stand for the dataset: {names}. See {folder / 'report.md'} for the reasons, "
            f"then: {_mended(summary, folder)}"
        )
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
