"""What `--fix` does: only what loses nothing and needs no opinion."""

from collections import Counter
from collections.abc import Sequence

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.records import Case


def fixed(subject: CheckContext, findings: Sequence[DatasetFinding]) -> tuple[list[Case], Counter[str]]:
    """The cases with every fixable finding mended, and how many of each kind were."""
    done: Counter[str] = Counter()
    copies = {one.rows[1] for one in findings if one.check == "duplicate" and one.fixable}
    moved = {one.rows[0] for one in findings if one.check == "unresolved-id" and one.fixable}
    done["duplicate"] = len(copies)
    cases = []
    for case in subject.cases:
        if case.id in copies:
            continue
        if case.id in moved:
            case = _repointed(case, subject)  # noqa: PLW2901 - the same case, mended
            done["unresolved-id"] += 1
        cases.append(case)
    return cases, +done


def _repointed(case: Case, subject: CheckContext) -> Case:
    """A case whose ids lead to where their texts stand now."""
    assert subject.shelf is not None
    ids = []
    for key, text in zip(case.reference_context_ids or (), case.reference_contexts or (), strict=True):
        ids.append(key if subject.shelf.text(key) is not None else subject.shelf.id_of(text) or key)
    return case.model_copy(update={"reference_context_ids": tuple(ids)})
