"""Which captured question is a case's in other words, where none is the same: the nearest, or nobody knows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag_eval.language.similarity import NEAR, Index, alike

_DIGITS = 9
"""Of a share; what differs later differs by rounding."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class NearestCapture:
    """What is nearest to a case."""

    captured: tuple[str, ...]
    """The captured question, or several that are equally near."""
    contested: bool
    """Whether another case is as near to it."""

    @property
    def sure(self) -> bool:
        """Whether it can be no other."""
        return len(self.captured) == 1 and not self.contested


def nearest(asked: Mapping[str, str], captured: Sequence[str]) -> dict[str, NearestCapture]:
    """Case to what is nearest, for those to which something is near; `asked` is case to question.

    The nearest pair comes first, and what it took is taken: a captured question is never that of two cases.
    """
    cases = [*asked]
    index = Index([*asked.values(), *captured])
    result: dict[str, NearestCapture] = {}
    taken: set[int] = set()
    for pairs in _by_nearness(index, len(cases)):
        free = [pair for pair in pairs if taken.isdisjoint(pair)]
        wanted = Counter(j for _, j in free)
        for i, several in groupby(free, key=lambda pair: pair[0]):
            places = [j for _, j in several]
            texts = tuple(captured[j - len(cases)] for j in places)
            result[cases[i]] = NearestCapture(texts, contested=any(wanted[j] > 1 for j in places))
        taken.update(place for pair in free for place in pair)
    return result


def _by_nearness(index: Index, border: int) -> Iterator[list[Pair]]:
    """Pairs of a case and a captured question that may be one, those that are equally near together, nearest first."""
    near = [
        (round(share, _DIGITS), i, j)
        for i, j, share in index.across(border, NEAR)
        if alike(index.gists[i], index.gists[j])
    ]
    near.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    for _, group in groupby(near, key=lambda pair: pair[0]):
        yield [(i, j) for _, i, j in group]
