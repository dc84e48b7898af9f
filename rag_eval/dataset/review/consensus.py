"""How things stand: which decisions hold, which are of another time, where reviewers disagree, and what counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag_eval.dataset.manifest import case_digest
from rag_eval.dataset.review.decisions import ReviewDecision, newest
from rag_eval.records import Case


@dataclass(frozen=True)
class Consensus:
    """The decisions about a dataset as they stand."""

    by_case: Mapping[str, tuple[ReviewDecision, ...]]
    """Case id to the newest decision of each reviewer, the oldest first; cases that nobody decided are not there."""
    independent: Mapping[str, tuple[ReviewDecision, ...]]
    """The same without those that settled a disagreement: what each reviewer thought unaided."""
    stale: tuple[ReviewDecision, ...]
    """Of a case that is another now, or is no longer there; nothing follows from them."""

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Ids of the cases where reviewers disagree and nobody has settled it, in the dataset's order."""
        return tuple(
            key for key, decisions in self.by_case.items() if disagree(decisions) and settled(decisions) is None
        )

    @property
    def reviewers(self) -> dict[str, int]:
        """Reviewer to how many cases they decided, by name."""
        counts = Counter(decision.reviewer for decisions in self.by_case.values() for decision in decisions)
        return dict(sorted(counts.items()))


def consensus_of(cases: Iterable[Case], decisions: Sequence[ReviewDecision]) -> Consensus:
    """How things stand with the cases of a dataset after all decisions there are, in the order they were kept."""
    digests = {case.id: case_digest(case) for case in cases}
    current = newest(decisions).values()
    unaided = newest(decision for decision in decisions if not decision.final).values()
    stale = tuple(decision for decision in current if digests.get(decision.case_id) != decision.case_digest)
    return Consensus(_by_case(digests, current), _by_case(digests, unaided), stale)


def _by_case(digests: Mapping[str, str], decisions: Iterable[ReviewDecision]) -> dict[str, tuple[ReviewDecision, ...]]:
    by_case: dict[str, list[ReviewDecision]] = {key: [] for key in digests}
    for decision in decisions:
        if digests.get(decision.case_id) == decision.case_digest:
            by_case[decision.case_id].append(decision)
    return {key: tuple(sorted(decisions_, key=_time)) for key, decisions_ in by_case.items() if decisions_}


def _time(decision: ReviewDecision) -> str:
    return decision.at


def outcome(decision: ReviewDecision) -> tuple[object, ...]:
    """What would come of a decision; two reviewers agree if it is the same."""
    if decision.verdict in ("reject", "unanswerable"):
        return (decision.verdict,)
    contexts = decision.reference_contexts or decision.reference_context_ids or ()
    return (decision.verdict, decision.user_input, decision.reference, frozenset(contexts))


def disagree(decisions: Sequence[ReviewDecision]) -> bool:
    """Whether different things would come of the decisions about one case."""
    return len({outcome(decision) for decision in decisions}) > 1


def settled(decisions: Sequence[ReviewDecision]) -> ReviewDecision | None:
    """The newest decision that settles the case, if somebody did."""
    final = [decision for decision in decisions if decision.final]
    return final[-1] if final else None
