"""What comes of forty attacks on a judge, in the answer, a context and the question: the table of docs/scores.md.

    python bench/injection.py

Ends with 1 where a score moved and its evidence does not say that a text speaks to the judge.
"""

import asyncio
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.attacks import ATTACKS
from support.judge_dialects import DIALECTS
from support.obedient import METRICS, PLACES, Attempt, ObedientServer, Outcome, attempted

_HEADS = ("unmoved", "no score", "flagged", "moved")


def main() -> None:
    """Measure the embedded judge, then a model that obeys behind each dialect."""
    print(f"| judge | attack in | tries | {' | '.join(_HEADS)} |\n|{' --- |' * (3 + len(_HEADS))}")
    moved = 0
    for name in ("embedded", *DIALECTS):
        for place in PLACES:
            attempts = [Attempt(attack, place, metric) for attack in ATTACKS for metric in METRICS]
            counts = Counter[str](_measured(name, attempts))
            moved += counts["moved"]
            judge = "embedded" if name == "embedded" else f"obeying model, {name}"
            print(
                f"| {judge} | {place} | {len(attempts)} | {' | '.join(str(counts[head]) for head in _HEADS)} |",
                flush=True,
            )
    sys.exit(int(moved > 0))


def _measured(name: str, attempts: list[Attempt]) -> list[Outcome]:
    if name == "embedded":
        return asyncio.run(attempted({"kind": "embedded"}, attempts))
    with ObedientServer(name) as server:
        settings = {"kind": "openai", "model": "m", "base_url": server.url}
        return asyncio.run(attempted(settings, attempts))


if __name__ == "__main__":
    main()
