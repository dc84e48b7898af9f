"""Runs with scores that a test writes down, for gates to be decided on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from support import samples

from rag_eval.journal import Journal
from rag_eval.records import Answer, Case, Failure, MetricTraits, NotApplicable, Outcome, Score

LOST = Failure(stage="target", reason="timeout", message="too slow")
UNJUDGED = Failure(stage="judge", reason="timeout", message="too slow")
REFUSED = NotApplicable(reason="refused")
TRAITS = (
    MetricTraits(name="correctness", unanswered="zero", smallest=0.01),
    MetricTraits(name="faithfulness", smallest=0.01),
    MetricTraits(name="latency", bounded=False, higher_is_better=False, unit="s", smallest=0.05),
    MetricTraits(name="refused", hidden=True),
    MetricTraits(name="answered", unanswered="zero"),
)
NAMES = tuple(traits.name for traits in TRAITS)

Row = Mapping[str, float | Outcome]


class Runs:
    """Scripted runs in journals of their own, closed at the end of a test."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._open = folder, list[Journal]()

    def __call__(self, rows: Sequence[Row], tags: Mapping[int, str] | None = None, answerable: int = 10**6) -> Journal:
        """A run; from the place `answerable` on the questions have no answer."""
        path = self._folder / f"{len(self._open)}"
        path.mkdir()
        listed = "[" + ",".join(traits.model_dump_json() for traits in TRAITS) + "]"
        scripted = [
            (
                Case(id=f"q{i}", user_input=f"{i}?", tags=((tags or {}).get(i, "all"),), answerable=i < answerable),
                Answer(),
                {name: Score(value=o) if isinstance(o, int | float) else o for name, o in row.items()},
            )
            for i, row in enumerate(rows)
        ]
        journal = samples.journal(path / "journal.db", scripted, NAMES, metrics=listed, primary="correctness")
        self._open.append(journal)
        return journal

    def close(self) -> None:
        """Let go of the files."""
        for journal in self._open:
            journal.close()
