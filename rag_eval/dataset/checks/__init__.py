"""Whether ground truth can be trusted: checks that name the rows, what is wrong, and what to do."""

from collections.abc import Callable, Iterator, Mapping

from rag_eval.dataset.checks import corpus, coverage, duplicates, item_analysis, wording
from rag_eval.dataset.checks.context import CheckContext, PastRun
from rag_eval.dataset.checks.coverage import ASSUMED_SPREAD, smallest_difference
from rag_eval.dataset.checks.finding import SEVERITIES, CheckReport, DatasetFinding, Severity
from rag_eval.dataset.checks.item_analysis import spread
from rag_eval.dataset.checks.needs import unmet
from rag_eval.dataset.checks.repair import fixed

__all__ = [
    "ASSUMED_SPREAD",
    "CHECKS",
    "SEVERITIES",
    "CheckContext",
    "CheckReport",
    "DatasetFinding",
    "PastRun",
    "Severity",
    "fixed",
    "ordered",
    "smallest_difference",
    "spread",
    "unmet",
    "without_judge",
]

CHECKS: Mapping[str, str] = {
    "contradiction": "two cases ask the same and expect different answers",
    "leak": "the question gives its answer away",
    "unsupported": "the contexts do not bear the reference out",
    "answerable": "marked unanswerable, but it names its source, or a passage answers it",
    "unresolved-id": "a reference context id that no passage of the corpus has",
    "drift": "a reference context that is no longer what the corpus says",
    "span": "a supporting span that stands in none of the case's contexts",
    "unfinished": "placeholders such as TODO, templates that were not filled in, questions without words",
    "refusal": "marked answerable, with a reference that refuses",
    "not-judged": "the judge gave no verdict",
    "duplicate": "two cases ask the same",
    "paraphrase": "two cases ask for one fact in other words",
    "lexical": "the question is copied from its source, so that any search finds it",
    "partly-supported": "the contexts bear the reference out in part; only a language model tells",
    "garbled": "text that was decoded wrongly",
    "no-reference": "marked answerable, without a reference",
    "imbalance": "a tag on too few cases, or one that dwarfs another",
    "too-few": "too few cases for the difference that somebody wants to see",
    "saturated": "all past runs are near 1",
    "constant": "past runs never differ",
    "unstable": "repetitions of one system differ by more than systems do",
    "draft": "drafts that nobody has reviewed",
}
"""What is looked for, the gravest first."""

_WITHOUT_JUDGE: tuple[Callable[[CheckContext], Iterator[DatasetFinding]], ...] = (
    duplicates.check,
    wording.check,
    corpus.check,
    coverage.check,
    item_analysis.check,
)


def without_judge(subject: CheckContext) -> Iterator[DatasetFinding]:
    """Everything that can be found without asking a judge."""
    for look in _WITHOUT_JUDGE:
        yield from look(subject)


def ordered(findings: list[DatasetFinding]) -> tuple[DatasetFinding, ...]:
    """Findings with the gravest first, then by check, then as they were found."""
    order = list(CHECKS)
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), order.index(one.check))))
