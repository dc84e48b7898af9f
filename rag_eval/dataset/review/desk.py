"""What the review page's server works with, and what it and the page say to each other."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_eval.dataset import manifest
from rag_eval.dataset.folders import Folder
from rag_eval.dataset.review import offers
from rag_eval.dataset.review.agreement import Agreement, agreement
from rag_eval.dataset.review.corpus import Corpus
from rag_eval.dataset.review.decisions import Decision, Kept, Store
from rag_eval.dataset.review.standing import standing
from rag_eval.errors import MismatchError
from rag_eval.records import Record

CHUNK = 200
"""Cases that the page is given at once."""


class About(Record):
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


class Chunk(Record):
    """Some of the cases, in order."""

    cases: tuple[offers.Offer, ...]
    next: int | None
    """Where to go on; None at the end."""


class News(Record):
    """What was decided since."""

    kept: tuple[Kept, ...]
    rebuilt: bool
    """Whether the dataset was built anew since this server read it."""


class Posted(Record):
    """A decision as the page sends it."""

    key: str
    """Of the dataset that the page shows."""
    decision: Decision


class Taken(Record):
    """What became of a posted decision."""

    kept: Kept
    stale: bool
    """Whether it is of a case that is another now: it is kept, and nothing follows from it."""


@dataclass(frozen=True)
class Desk:
    """A dataset with its offers and its store, for one reviewer."""

    folder: Folder
    offers: tuple[offers.Offer, ...]
    store: Store
    reviewer: str
    stamp: Callable[[], object]
    """Something that changes when the dataset is built anew."""
    stamped: object
    """What it was when the dataset was read."""
    corpus: Corpus

    def about(self) -> About:
        """What is under review."""
        found = self.folder.manifest
        return About(
            name=found.name,
            folder=str(self.folder.path),
            key=self.key,
            fingerprint=found.fingerprint,
            reviewer=self.reviewer,
            cases=len(self.offers),
            searchable=self.corpus.is_there,
        )

    @property
    def key(self) -> str:
        """Tells the dataset from others on this machine."""
        return hashlib.sha256(str(self.folder.path.resolve()).encode()).hexdigest()[:16]

    def chunk(self, start: int) -> Chunk:
        """Some of the cases from a place on."""
        end = start + CHUNK
        return Chunk(cases=self.offers[start:end], next=end if end < len(self.offers) else None)

    def news(self, after: int) -> News:
        """What was decided since a place in the store, by anybody."""
        return News(kept=self.store.after(after), rebuilt=self.stamp() != self.stamped)

    def take(self, posted: Posted) -> Taken:
        """Keep a decision; raises `MismatchError` if it belongs to another dataset or another reviewer."""
        decision = posted.decision
        if posted.key != self.key:
            raise MismatchError("the page shows another dataset than this server. Do: open the link it printed")
        if decision.reviewer != self.reviewer:
            raise MismatchError(
                f"this server takes decisions of {self.reviewer}, not of {decision.reviewer}. "
                f"Do: rag-eval review … --reviewer {decision.reviewer}"
            )
        shown = next((one for one in self.offers if one.id == decision.case_id), None)
        if shown is not None:
            decision = decision.model_copy(update={"verdict": offers.verdict(shown, decision)})
        (kept,) = self.store.keep([decision])
        return Taken(kept=kept, stale=shown is None or shown.digest != decision.case_digest)

    def agreement(self, kept: Sequence[Kept]) -> Agreement:
        """How far all reviewers agree after what is kept."""
        return agreement(standing(self.folder.cases, [one.decision for one in kept]))


def desk(folder: Folder, store: Store, reviewer: str) -> Desk:
    """A desk over a dataset folder that was read."""
    file = folder.path / manifest.FILE

    def stamp() -> object:
        try:
            found = file.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    return Desk(folder, offers.offers(folder), store, reviewer, stamp, stamp(), Corpus(folder))
