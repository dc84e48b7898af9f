"""What checks need to look at anything; the report says what no row has, instead of that nothing was found."""

from collections.abc import Callable
from dataclasses import dataclass

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.records import Case


@dataclass(frozen=True)
class Need:
    """Something that a check cannot do without."""

    met: Callable[[CheckContext], bool]
    otherwise: str
    """Why the check could not look where it is not met, for a person to read."""


def any_row(has: Callable[[Case], object], otherwise: str) -> Need:
    """A row of which something holds."""
    return Need(lambda context: any(has(case) for case in context.cases), otherwise)


CASES = Need(lambda context: len(context.cases) > 0, "the dataset has no rows")
TWO_CASES = Need(lambda context: len(context.cases) > 1, "it takes two rows")
REFERENCE = any_row(lambda case: case.reference, "no row has a reference")
CONTEXTS = any_row(lambda case: case.reference_contexts, "no row has reference contexts")
IDS = any_row(lambda case: case.reference_context_ids, "no row has reference context ids")
CORPUS = Need(lambda context: context.passages is not None, "no corpus is kept beside the cases; name one by --corpus")
RUNS = Need(lambda context: bool(context.runs), "no past runs were named by --run")
