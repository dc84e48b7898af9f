"""What questions are about: clusters of their words, each named by its strongest.

Spherical k-means (Dhillon & Modha 2001) with the start of k-means++. scikit-learn has it too, but takes 140 MB to load:
more than ten thousand questions need.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from rag_eval.language.similarity import Index
from rag_eval.language.words import terms, tokens

_NAMING = 3
"""Words in the name of a topic."""
_COMMON = 0.5
"""Share of the questions from which on a word tells nothing about them."""
_FEW_ENOUGH = 20_000
"""Questions that are clustered several times, of which the best counts."""
_TRIES, _ROUNDS = 5, 50


def of(questions: Sequence[str], many: int, seed: int) -> list[str]:
    """The name of the topic of each question, of at most so many. The same seed gives the same."""
    rows, words = Index(questions).words()
    shares = (rows != 0).sum(axis=0).A1 / len(questions)
    telling = [at for at in range(len(words)) if shares[at] <= _COMMON]
    if not telling:
        return ["others"] * len(questions)
    places, centers = _clusters(_unit(rows[:, telling]), many, seed)
    names = _names(centers, [words[at] for at in telling], questions)
    return [names[place] for place in places]


def _unit(rows: Any) -> Any:
    """Each row with length 1; one without words stays empty."""
    import numpy as np
    from scipy.sparse import diags

    lengths = np.sqrt(rows.multiply(rows).sum(axis=1).A1)
    return (diags(1 / np.where(lengths > 0, lengths, 1)) @ rows).tocsr()


def _clusters(rows: Any, many: int, seed: int) -> tuple[Any, Any]:
    """The cluster of each row and the centers, of several tries the one whose rows are most like their centers."""
    import numpy as np

    rng = np.random.default_rng(seed)
    tries = [_tried(rows, many, rng) for _ in range(_TRIES if rows.shape[0] <= _FEW_ENOUGH else 1)]
    _, places, centers = max(tries, key=lambda tried: tried[0])
    return places, centers


def _tried(rows: Any, many: int, rng: Any) -> tuple[float, Any, Any]:
    import numpy as np
    from scipy.sparse import csr_matrix

    centers, places, likeness = _spread(rows, many, rng), None, np.zeros((rows.shape[0], many))
    for _ in range(_ROUNDS):
        likeness = rows @ centers.T
        nearest = likeness.argmax(axis=1)
        if places is not None and np.array_equal(nearest, places):
            break
        places = nearest
        members = csr_matrix((np.ones(len(places)), (places, np.arange(len(places)))), shape=(many, len(places)))
        means = (members @ rows).toarray()
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        centers = np.where(lengths > 0, means / np.where(lengths > 0, lengths, 1), centers)
    return float(likeness.max(axis=1).sum()), places, centers


def _spread(rows: Any, many: int, rng: Any) -> Any:
    """Rows to begin with, each drawn by how unlike it is to those before."""
    import numpy as np

    chosen = [int(rng.integers(rows.shape[0]))]
    apart = np.full(rows.shape[0], np.inf)
    while len(chosen) < many:
        likeness = (rows @ rows[chosen[-1]].T).toarray().ravel()
        apart = np.minimum(apart, np.clip(1 - likeness, 0, None) ** 2)
        total = apart.sum()
        chosen.append(int(rng.choice(rows.shape[0], p=apart / total) if total > 0 else rng.integers(rows.shape[0])))
    return rows[chosen].toarray()


def _names(centers: Any, words: Sequence[str], questions: Sequence[str]) -> list[str]:
    """The strongest words of each center, spelled as most questions spell them."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        for token in tokens(question):
            for term in terms(token):
                spelled[term.key][token.lower()] += 1
    strongest = [[at for at in center.argsort()[::-1][:_NAMING] if center[at] > 0] for center in centers]
    return [
        " ".join(spelled[words[at]].most_common(1)[0][0] if words[at] in spelled else words[at] for at in ats)
        or "others"
        for ats in strongest
    ]
