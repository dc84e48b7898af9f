"""What a check is: one thing that can be wrong with ground truth, declared with what it needs and how it is found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding, Severity
from rag_eval.dataset.checks.needs import Need
from rag_eval.records import Case


@dataclass(frozen=True, kw_only=True)
class Defect:
    """Some rows, or the set as a whole, of which a check says that something is wrong."""

    rows: tuple[str, ...] = ()
    """Ids of the cases; none where it is the whole set."""
    message: str
    fix: str
    """What to do."""
    fixable: bool = False
    """Whether the check's `repair` does it."""


Repair = Callable[[CheckContext, Sequence[Case], Sequence[DatasetFinding]], tuple[list[Case], int]]
"""From cases and fixable findings to the cases mended, and how many were; it loses nothing and needs no opinion."""


def _left_to_the_judge(_: CheckContext) -> Iterator[Defect]:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that is looked for; it stands in `checks.catalogue`, or is an entry point of `rag_eval.checks`."""

    name: str
    severity: Severity
    summary: str
    """What it finds, for the docs."""
    needs: tuple[Need, ...] = ()
    """What it cannot do without, the first that is not met being the reason why it did not look."""
    find: Callable[[CheckContext], Iterator[Defect]] = _left_to_the_judge
    """Every defect, in the order of the rows. What needs a judge is left to `support`, which asks it once a case."""
    repair: Repair | None = None

    def finding(self, defect: Defect) -> DatasetFinding:
        """A defect as it stands in a report."""
        return DatasetFinding(
            check=self.name,
            severity=self.severity,
            rows=defect.rows,
            message=defect.message,
            fix=defect.fix,
            fixable=defect.fixable,
        )
