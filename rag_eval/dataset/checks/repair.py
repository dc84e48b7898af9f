"""What `--fix` does: only what loses nothing and needs no opinion."""

from collections import Counter
from collections.abc import Sequence

from rag_eval.dataset.checks import catalogue
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.records import Case


def repaired(context: CheckContext, findings: Sequence[DatasetFinding]) -> tuple[list[Case], Counter[str]]:
    """The cases with every fixable finding mended, and how many of each kind were."""
    counts: Counter[str] = Counter()
    cases = list(context.cases)
    for check in reversed(catalogue.installed()):  # copies go first, so that none is mended in vain
        fixable = [finding for finding in findings if finding.check == check.name and finding.fixable]
        if check.repair is not None and fixable:
            cases, counts[check.name] = check.repair(context, cases, fixable)
    return cases, +counts
