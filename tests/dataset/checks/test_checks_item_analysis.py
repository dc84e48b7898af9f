"""Past runs tell of items that no longer tell systems apart, and of those that no judge can settle."""

from random import Random

from support import isles

from rag_eval.dataset import checks
from rag_eval.dataset.checks import CheckContext, PastRun
from rag_eval.dataset.drafting import PassageIndex


def _past(noise: float) -> list[PastRun]:
    """Two systems, each run twice: one item solved, one that never moves, one that the judge cannot settle."""
    rng = Random(1)
    ids = [case.id for case in isles.cases()]
    runs = []
    for system, level in (("weak", 0.4), ("strong", 0.7)):
        for repeat in (1, 2):
            values = {key: min(0.94, max(0.0, level + rng.uniform(-noise, noise))) for key in ids}
            values |= {ids[5]: 1.0, ids[6]: 0.25, ids[7]: 0.1 if (repeat + (system == "weak")) % 2 else 0.9}
            runs.append(PastRun(f"{system}~{repeat}", system, {"faithfulness": values}))
    return runs


def test_past_runs_tell_of_items() -> None:
    """Saturated, constant and unstable items are named, and no other item is."""
    cases = isles.cases()
    subject = CheckContext(cases=cases, passages=PassageIndex().put(isles.pages().items()), runs=_past(noise=0.03))
    found = [one for one in checks.without_judge(subject) if one.check in ("saturated", "constant", "unstable")]
    assert [(one.check, one.rows) for one in found] == [
        ("saturated", (cases[5].id,)),
        ("constant", (cases[6].id,)),
        ("unstable", (cases[7].id,)),
    ]
