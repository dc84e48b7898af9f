"""The page of a run: what it comes to, every metric, slices, and every case with the evidence of its scores."""

from collections.abc import Sequence
from statistics import fmean

from rag_eval.journal import Journal
from rag_eval.records import Summary, overall_outcome
from rag_eval.reports import formatting
from rag_eval.reports.pages import cases, layout, tables
from rag_eval.reports.pages.comparison import when
from rag_eval.reports.pages.index import CaseRows, ListedMetric, PageSide, index_of

_HEADINGS = {
    "passed": "Every gate passes.",
    "failed": "It must not ship: a gate fails.",
    "undecided": "Whether it may ship cannot be told yet: no gate fails, and not every one passes.",
}


def html(summary: Summary, journal: Journal, most_bytes: int | None = cases.MOST_BYTES) -> str:
    """The page; passages are cut where it would grow beyond `most_bytes`."""
    return page(summary, pack(summary, journal, journal, most_bytes))


def pack(summary: Summary, journal: Journal, rows: CaseRows, most_bytes: int | None = cases.MOST_BYTES) -> cases.Cases:
    """What a page holds of the cases of a run; `rows` is where they are looked up, which is what takes long."""
    metrics = [ListedMetric(m.name, formatting.title(m), m.higher_is_better, m.bounded) for m in summary.metrics]
    side = PageSide(summary.run_id, summary.name, journal, _values(journal, metrics), rows)
    index = index_of([side], metrics, summary.primary)
    return cases.pack(index, f"rag-eval view {summary.run_id}", most_bytes)


def page(summary: Summary, packed: cases.Cases) -> str:
    """The page, of cases that are packed."""
    outcome = overall_outcome(summary.gates)
    tone = {"passed": "good", "failed": "bad", "undecided": "warn", None: "none"}[outcome]
    return layout.render(
        "run.html", summary=summary, when=when(summary), tone=tone if summary.finished else "warn",
        heading=_HEADINGS[outcome] if outcome else _primary(summary), groups=tables.run_rows(summary).items(),
        slices=tables.run_slices(summary.slices), reasons=_reasons(summary), spend=formatting.spend(summary),
        cases=packed,
    )  # fmt: skip


def _values(journal: Journal, metrics: Sequence[ListedMetric]) -> dict[str, dict[str, float]]:
    """Metric to question to value, repetitions as their mean."""
    repeats = journal.repeats()
    by_metric = {metric.name: journal.values(metric.name) for metric in metrics}
    if not repeats:
        return by_metric
    collapsed: dict[str, dict[str, float]] = {}
    for name, values in by_metric.items():
        groups: dict[str, list[float]] = {}
        for case, value in values.items():
            groups.setdefault(repeats.get(case, case), []).append(value)
        collapsed[name] = {question: fmean(group) for question, group in groups.items()}
    return collapsed


def _primary(summary: Summary) -> str:
    """The metric that is read first, in a sentence."""
    metric = next((m for m in summary.metrics if m.name == summary.primary), None)
    if metric is None or metric.mean is None:
        return f"{formatting.answered(summary)}."
    interval = f" {formatting.spread(metric)}" if metric.interval else ""
    return f"{metric.name} {formatting.number(metric.mean)}{interval} over {formatting.values(metric)} cases."


def _reasons(summary: Summary) -> list[str]:
    """Why metrics have no value for some cases, a line each."""
    return [
        f"{m.name}: {formatting.counts({**m.failures, **m.not_applicables})}"
        for m in summary.metrics
        if m.failures or m.not_applicables
    ]
