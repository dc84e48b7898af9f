"""How far reviewers agree beyond chance, over what each of them decided unaided.

Cohen's kappa (1960) for every two of them, Krippendorff's alpha (nominal) for all together. Where a number is not
defined there is none, and the reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from rag_eval.dataset.review.consensus import Consensus
from rag_eval.dataset.review.decisions import VERDICTS, ReviewDecision
from rag_eval.errors import UsageError
from rag_eval.records import Record

_FEWEST = 2
"""Cases from which on agreement can be told from chance at all."""


class Pair(Record):
    """How far two reviewers agree."""

    reviewers: tuple[str, str]
    n: int
    """Cases that both decided."""
    observed: float | None
    """The share of them with the same verdict."""
    kappa: float | None
    reason: str | None = None
    """Why there is no kappa."""


class Agreement(Record):
    """How far all reviewers agree."""

    reviewers: dict[str, int]
    """Reviewer to how many cases they decided unaided."""
    n: int
    """Cases that two or more decided."""
    pairs: tuple[Pair, ...]
    alpha: float | None
    reason: str | None = None
    """Why there is no alpha."""
    disagreements: tuple[str, ...] = ()
    """Cases where what would come of it differs and nobody has settled it."""
    stale: int = 0
    """Decisions that no longer hold, because their case is another now."""


def agreement(consensus: Consensus) -> Agreement:
    """How far the reviewers of a dataset agree; raises `UsageError` if a package is missing that has to tell."""
    several = {key: decisions for key, decisions in consensus.independent.items() if len(decisions) > 1}
    counts = Counter(decision.reviewer for decisions in consensus.independent.values() for decision in decisions)
    alpha, reason = _alpha(list(several.values()))
    return Agreement(
        reviewers=dict(sorted(counts.items())),
        n=len(several),
        pairs=tuple(_pair(reviewer, other, several) for reviewer, other in combinations(sorted(counts), 2)),
        alpha=alpha,
        reason=reason,
        disagreements=consensus.disagreements,
        stale=len(consensus.stale),
    )


def _pair(reviewer: str, other: str, several: Mapping[str, Sequence[ReviewDecision]]) -> Pair:
    verdicts = [{decision.reviewer: str(decision.verdict) for decision in decisions} for decisions in several.values()]
    both = [(verdict[reviewer], verdict[other]) for verdict in verdicts if reviewer in verdict and other in verdict]
    observed = sum(a == b for a, b in both) / len(both) if both else None
    reason = _undefined(len(both), {verdict for pair in both for verdict in pair}, "both")
    kappa = None if reason else _kappa(both)
    return Pair(reviewers=(reviewer, other), n=len(both), observed=observed, kappa=kappa, reason=reason)


def _undefined(cases: int, used: set[str], who: str) -> str | None:
    if cases < _FEWEST:
        return f"fewer than {_FEWEST} cases that {who} decided"
    if len(used) == 1:
        return f"only one verdict was used, {used.pop()}: agreement cannot be told from chance"
    return None


def _kappa(both: Sequence[tuple[str, str]]) -> float:
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score([a for a, _ in both], [b for _, b in both]))


def _alpha(several: Sequence[Sequence[ReviewDecision]]) -> tuple[float | None, str | None]:
    used = {str(decision.verdict) for decisions in several for decision in decisions}
    reason = _undefined(len(several), used, "two or more")
    if reason:
        return None, reason
    try:
        import krippendorff
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing. Do: pip install 'rag-eval[review]'") from error
    counts = [Counter(str(decision.verdict) for decision in decisions) for decisions in several]
    table = [[count[verdict] for verdict in VERDICTS] for count in counts]
    return float(krippendorff.alpha(value_counts=table, level_of_measurement="nominal")), None


def as_lines(result: Agreement) -> list[str]:
    """Agreement for a person, a line for each thing there is to say."""
    if not result.reviewers:
        return ["nobody has decided yet"]
    lines = ["decided: " + ", ".join(f"{name} {count}" for name, count in result.reviewers.items())]
    for pair in result.pairs:
        kappa = f"Cohen's kappa {pair.kappa:.3f}" if pair.kappa is not None else f"no kappa: {pair.reason}"
        seen = f", same verdict {pair.observed:.1%}" if pair.observed is not None else ""
        lines.append(f"{' and '.join(pair.reviewers)}: {kappa}; both decided {pair.n}{seen}")
    alpha = f"Krippendorff's alpha {result.alpha:.3f}" if result.alpha is not None else f"no alpha: {result.reason}"
    lines.append(f"all together: {alpha}; two or more decided {result.n}")
    if result.disagreements:
        lines.append(f"{len(result.disagreements)} to settle: {', '.join(result.disagreements)}")
    if result.stale:
        lines.append(f"{result.stale} decisions no longer hold: their cases are others now")
    return lines
