"""The page of a comparison: verdict, every metric, slices, every pair of answers, and what was changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from rag_eval.records import RefusalChange, RunComparison, SliceComparison, Summary, overall_outcome
from rag_eval.reports import formatting
from rag_eval.reports.pages import cases, layout, tables
from rag_eval.reports.pages.index import QuestionIndex

_CELLS = ("answered-answered", "refused-answered", "answered-refused", "refused-refused")


@dataclass(frozen=True)
class ComparisonPage:
    """What a page of a comparison is made of."""

    comparison: RunComparison
    summaries: tuple[Summary, Summary]
    settings: tuple[Mapping[str, JsonValue], Mapping[str, JsonValue]]
    """The experiments, flattened, with secrets as names of environment variables."""
    slices: Mapping[str, Sequence[SliceComparison]]
    """By metric, the one that is read first before the others."""
    index: QuestionIndex
    seed: int
    command: str
    """What makes the comparison again."""

    def html(self, most_bytes: int | None = cases.MOST_BYTES) -> str:
        """The page; passages are cut where it would grow beyond `most_bytes`."""
        comparison, (a, b) = self.comparison, self.summaries
        packed = cases.pack(self.index, f"rag-eval view {comparison.a} {comparison.b}", most_bytes)
        return layout.render(
            "comparison.html", comparison=comparison, summary_b=b, when_a=when(a), when_b=when(b), seed=self.seed,
            pairs=max((metric.pairs for metric in comparison.metrics), default=0),
            tone=tone(comparison), heading=formatting.ship(comparison), refusals=_refusals(comparison),
            groups=tables.comparison_rows(comparison, a, b).items(), slices=tables.comparison_slices(self.slices),
            other_scale=_other_scale(comparison), changed=changed(*self.settings), equal=_equal(a, b), cases=packed,
            command=self.command,
        )  # fmt: skip


def when(summary: Summary) -> str:
    """When a run began."""
    return f"{datetime.fromtimestamp(summary.started, UTC):%Y-%m-%d %H:%M} UTC"


def tone(comparison: RunComparison) -> str:
    """The colour of a verdict: that of the gates where there are some; amber as soon as anything else is worse."""
    outcome = overall_outcome(comparison.gates)
    if outcome is not None:
        return {"passed": "good", "failed": "bad", "undecided": "warn"}[outcome]
    if comparison.verdict == "better":
        return "warn" if comparison.regressed else "good"
    return {"worse": "bad", "mixed": "warn", "cannot_tell": "warn"}.get(comparison.verdict, "none")


def _refusals(comparison: RunComparison) -> list[tuple[int, str, list[tuple[str, int]]]]:
    """Refusals from A to B as buttons: whether answerable, in words, and a key and a count for each cell."""
    if comparison.refusals is None:
        return []
    kinds = ((1, "have an answer", comparison.refusals.answerable), (0, "have none", comparison.refusals.unanswerable))
    return [(key, kind, _changes(change)) for key, kind, change in kinds if change.total]


def _changes(change: RefusalChange) -> list[tuple[str, int]]:
    counts = (change.both_answered, change.only_a_refused, change.only_b_refused, change.both_refused)
    return list(zip(_CELLS, counts, strict=True))


def _other_scale(comparison: RunComparison) -> str:
    others = [metric.name for metric in comparison.metrics if metric.unit and metric.difference is not None]
    return f"{', '.join(others)}: on an axis of its own." if others else ""


def changed(a: Mapping[str, JsonValue], b: Mapping[str, JsonValue]) -> list[tuple[str, str, str]]:
    """The settings that differ, with both values."""
    keys = dict.fromkeys([*a, *b])
    return [(key, _setting(a, key), _setting(b, key)) for key in keys if a.get(key) != b.get(key)]


def _setting(settings: Mapping[str, JsonValue], key: str) -> str:
    if key not in settings:
        return "–"
    value = settings[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _equal(a: Summary, b: Summary) -> str:
    """What both runs have in common of what scores depend on."""
    parts = []
    if a.origin.dataset == b.origin.dataset:
        parts.append(f"the questions (fingerprint {a.origin.dataset})")
    if a.origin.judge == b.origin.judge:
        parts.append(f"the judge ({formatting.judge(b)})")
    same = [name for name, version in a.origin.metrics.items() if b.origin.metrics.get(name) == version]
    if same:
        parts.append(f"the versions of {len(same)} metrics")
    if a.origin.code == b.origin.code:
        parts.append(f"rag-eval {a.origin.code}")
    return f"Held equal: {', '.join(parts)}." if parts else "Nothing that scores depend on was held equal."
