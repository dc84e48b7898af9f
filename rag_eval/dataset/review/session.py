"""What the review page's server works with, and what it and the page say to each other."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_eval.dataset import manifest
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.review import items
from rag_eval.dataset.review.agreement import Agreement, agreement
from rag_eval.dataset.review.consensus import consensus_of
from rag_eval.dataset.review.corpus import ReviewCorpus
from rag_eval.dataset.review.decisions import DecisionStore, ReviewDecision, StoredDecision
from rag_eval.errors import MismatchError
from rag_eval.records import Record

CHUNK = 200
"""Cases that the page is given at once."""


class ReviewInfo(Record):
    """What is under review, and by whom."""

    name: str
    folder: str
    key: str
    """Tells the dataset from others, for what the page keeps in the browser."""
    fingerprint: str
    reviewer: str
    cases: int
    searchable: bool
    """Whether its corpus is at hand."""


class ItemBatch(Record):
    """Some of the cases, in order."""

    cases: tuple[items.ReviewItem, ...]
    next: int | None
    """Where to go on; None at the end."""


class DecisionNews(Record):
    """What was decided since."""

    kept: tuple[StoredDecision, ...]
    rebuilt: bool
    """Whether the dataset was built anew since this server read it."""


class DecisionPost(Record):
    """A decision as the page sends it."""

    key: str
    """Of the dataset that the page shows."""
    decision: ReviewDecision


class DecisionReceipt(Record):
    """What became of a posted decision."""

    kept: StoredDecision
    stale: bool
    """Whether it is of a case that is another now: it is kept, and nothing follows from it."""


@dataclass(frozen=True)
class ReviewSession:
    """A dataset with its offers and its store, for one reviewer."""

    folder: DatasetFolder
    offers: tuple[items.ReviewItem, ...]
    store: DecisionStore
    reviewer: str
    stamp: Callable[[], object]
    """Something that changes when the dataset is built anew."""
    stamped: object
    """What it was when the dataset was read."""
    corpus: ReviewCorpus

    def about(self) -> ReviewInfo:
        """What is under review."""
        manifest = self.folder.manifest
        return ReviewInfo(
            name=manifest.name,
            folder=str(self.folder.path),
            key=self.key,
            fingerprint=manifest.fingerprint,
            reviewer=self.reviewer,
            cases=len(self.offers),
            searchable=self.corpus.is_there,
        )

    @property
    def key(self) -> str:
        """Tells the dataset from others on this machine."""
        return hashlib.sha256(str(self.folder.path.resolve()).encode()).hexdigest()[:16]

    def chunk(self, start: int) -> ItemBatch:
        """Some of the cases from a place on."""
        end = start + CHUNK
        return ItemBatch(cases=self.offers[start:end], next=end if end < len(self.offers) else None)

    def news(self, after: int) -> DecisionNews:
        """What was decided since a place in the store, by anybody."""
        return DecisionNews(kept=self.store.after(after), rebuilt=self.stamp() != self.stamped)

    def take(self, posted: DecisionPost) -> DecisionReceipt:
        """Keep a decision; raises `MismatchError` if it belongs to another dataset or another reviewer."""
        decision = posted.decision
        if posted.key != self.key:
            raise MismatchError("the page shows another dataset than this server. Do: open the link it printed")
        if decision.reviewer != self.reviewer:
            raise MismatchError(
                f"this server takes decisions of {self.reviewer}, not of {decision.reviewer}. "
                f"Do: rag-eval review … --reviewer {decision.reviewer}"
            )
        shown = next((item for item in self.offers if item.id == decision.case_id), None)
        if shown is not None:
            decision = decision.model_copy(update={"verdict": items.verdict(shown, decision)})
        (kept,) = self.store.keep([decision])
        return DecisionReceipt(kept=kept, stale=shown is None or shown.digest != decision.case_digest)

    def agreement(self, kept: Sequence[StoredDecision]) -> Agreement:
        """How far all reviewers agree after what is kept."""
        return agreement(consensus_of(self.folder.cases, [stored.decision for stored in kept]))


def open_session(folder: DatasetFolder, store: DecisionStore, reviewer: str) -> ReviewSession:
    """A desk over a dataset folder that was read."""
    file = folder.path / manifest.FILE

    def stamp() -> object:
        try:
            status = file.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    return ReviewSession(folder, items.review_items(folder), store, reviewer, stamp, stamp(), ReviewCorpus(folder))
