"""A dataset folder out of what reviewers decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from rag_eval._version import __version__
from rag_eval.dataset import manifest, writing
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.review.agreement import Agreement, agreement
from rag_eval.dataset.review.consensus import Consensus, consensus_of, disagree, settled
from rag_eval.dataset.review.decisions import ReviewDecision
from rag_eval.dataset.review.items import DRAFT
from rag_eval.errors import UsageError
from rag_eval.records import Case, Record

OnDisagreement = Literal["fail", "latest", "drop"]
_SHOWN = 20


class PublicationCounts(Record):
    """What became of the cases of a dataset that was reviewed."""

    accepted: int = 0
    edited: int = 0
    unanswerable: int = 0
    rejected: int = 0
    """Left out."""
    undecided: int = 0
    """Left out, or kept as they were if that was asked for."""
    dropped: int = 0
    """Left out because reviewers disagree."""
    stale: int = 0
    """Decisions that no longer hold; their cases are among the undecided unless somebody else decided."""


@dataclass(frozen=True)
class Publication:
    """What came of publishing."""

    written: writing.WriteResult
    counts: PublicationCounts


@dataclass(frozen=True)
class _Plan:
    """What is to be written, and what becomes of the rest."""

    cases: tuple[Case, ...]
    fates: Counter[str]


_FATES = {"accept": "accepted", "edit": "edited", "unanswerable": "unanswerable", "reject": "rejected"}


def publish(
    folder: DatasetFolder,
    decisions: Sequence[ReviewDecision],
    out: Path,
    *,
    keep_undecided: bool = False,
    on_disagreement: OnDisagreement = "fail",
) -> Publication:
    """Write what was decided as a new dataset folder, with the corpus of the old one.

    Raises `UsageError` if nobody decided anything, if nothing would remain, if the new folder is the old one, or if
    reviewers disagree about a case that nobody has settled and `on_disagreement` is `fail`.
    """
    consensus = consensus_of(folder.cases, decisions)
    _demand(folder, consensus, out, on_disagreement)
    plan = _planned(folder.cases, consensus, on_disagreement, keep_undecided=keep_undecided)
    if not plan.cases:
        raise UsageError(f"{out}: nothing would remain, so nothing was written: every case was rejected or left out")
    counts = PublicationCounts(**plan.fates, stale=len(consensus.stale))
    step = _step(folder, consensus, agreement(consensus), counts)

    def about(_: int) -> writing.DatasetInfo:
        old = folder.manifest
        lineage = (*old.lineage, step)
        name = out.resolve().name
        return writing.DatasetInfo(
            name=name, sources=old.sources, fields=old.fields, corpus=old.corpus, lineage=lineage
        )

    return Publication(writing.write(out, plan.cases, about, writing.copied(folder.path)), counts)


def _demand(folder: DatasetFolder, consensus: Consensus, out: Path, on_disagreement: OnDisagreement) -> None:
    if out.resolve() == folder.path.resolve():
        raise UsageError(f"{out}: is the dataset under review itself. Do: give a new folder, such as {out}-reviewed")
    if not consensus.by_case:
        stale = (
            f"; {len(consensus.stale)} decisions no longer hold, as their cases are others now"
            if consensus.stale
            else ""
        )
        raise UsageError(f"{folder.path}: nothing is decided{stale}. Do: rag-eval review {folder.path}")
    open_ = consensus.disagreements
    if open_ and on_disagreement == "fail":
        listed = ", ".join(open_[:_SHOWN]) + (f" and {len(open_) - _SHOWN} more" if len(open_) > _SHOWN else "")
        raise UsageError(
            f"{folder.path}: reviewers disagree about {len(open_)} cases that nobody has settled: {listed}. "
            f"Do: rag-eval review {folder.path}, then press d; or --on-disagreement latest, or drop"
        )


def _planned(
    cases: Sequence[Case], consensus: Consensus, on_disagreement: OnDisagreement, *, keep_undecided: bool
) -> _Plan:
    kept: list[Case] = []
    fates: Counter[str] = Counter()
    for case in cases:
        decisions = consensus.by_case.get(case.id, ())
        fate, result = _fate(case, decisions, on_disagreement)
        fates[fate] += 1
        if result is not None:
            kept.append(result)
        elif not decisions and keep_undecided:
            kept.append(case)
    return _Plan(tuple(kept), fates)


def _fate(case: Case, decisions: Sequence[ReviewDecision], on_disagreement: OnDisagreement) -> tuple[str, Case | None]:
    if not decisions:
        return "undecided", None
    final = settled(decisions)
    if final is None and disagree(decisions) and on_disagreement == "drop":
        return "dropped", None
    counts = final or decisions[-1]
    return _FATES[counts.verdict], decided(case, counts, [decision.reviewer for decision in decisions])


def decided(case: Case, decision: ReviewDecision, reviewers: Sequence[str]) -> Case | None:
    """A case as a decision about it wants it; None if it is rejected."""
    if decision.verdict == "reject":
        return None
    fields = {**_told(case, decision), "tags": tuple(tag for tag in decision.tags if tag != DRAFT)}
    review: dict[str, JsonValue] = {"verdict": decision.verdict, "reviewers": [*sorted(reviewers)], "at": decision.at}
    if decision.comment:
        review["comment"] = decision.comment
    contexts = fields.get("reference_contexts", case.reference_contexts) or ()
    return Case.model_validate({**dict(case), **fields, "metadata": _metadata(case, contexts, review)})


def _told(case: Case, decision: ReviewDecision) -> dict[str, Any]:
    """The fields that a decision gives."""
    if decision.verdict == "unanswerable":
        # What was drafted as the answer to a question that has none is wrong; what was written as a refusal is not.
        reference = None if case.answerable else case.reference
        return {
            "answerable": False, "reference": reference, "reference_contexts": None, "reference_context_ids": None,
        }  # fmt: skip
    if decision.verdict == "accept" and case.reference is not None:
        return {}
    contexts = {
        "reference_contexts": decision.reference_contexts,
        "reference_context_ids": decision.reference_context_ids,
    }
    answerable = case.answerable or any(contexts.values())
    text = {"user_input": decision.user_input, "reference": decision.reference or None}
    return {**text, **contexts, "answerable": answerable}


def _metadata(case: Case, contexts: Sequence[str], review: dict[str, JsonValue]) -> dict[str, JsonValue]:
    metadata = {**case.metadata, "review": review}
    spans = metadata.pop("spans", None)
    valid = [span for span in spans if _holds(span, contexts)] if isinstance(spans, list) else []
    return {**metadata, "spans": valid} if valid else metadata


def _holds(span: JsonValue, contexts: Sequence[str]) -> bool:
    text = span.get("text") if isinstance(span, dict) else None
    return isinstance(text, str) and any(text in context for context in contexts)


def _step(folder: DatasetFolder, consensus: Consensus, agreed: Agreement, counts: PublicationCounts) -> manifest.Step:
    details = {
        "reviewers": consensus.reviewers,
        "agreement": agreed.model_dump(mode="json", exclude={"reviewers", "stale"}),
        "settled": sum(settled(decisions) is not None for decisions in consensus.by_case.values()),
        **counts.model_dump(),
    }
    inputs = {folder.manifest.name: folder.manifest.fingerprint}
    return manifest.Step(operation="review", inputs=inputs, details=details, rag_eval=__version__)
