"""The page of a sweep: verdict, every variant with its interval, quality over time, each against the baseline."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from rag_eval.records import MetricComparison, overall_outcome
from rag_eval.reports.pages import drawing as pages_drawing
from rag_eval.reports.pages import layout
from rag_eval.sweep import drawing, report, telling
from rag_eval.sweep.folder import SweepFolder
from rag_eval.sweep.result import SweepResult, VariantResult

_TONES = {"leads": "good", "may be the best": "", "clearly worse": "grey", "no value": "grey"}


@dataclass(frozen=True)
class VariantRow:
    """A variant in the table."""

    variant: VariantResult
    report: str
    """Where the page of its run is, from the sweep's folder."""
    plot: Markup
    so: str
    tone: str
    outcome: str | None
    """Of its gates."""


@dataclass(frozen=True)
class BaselineDifference:
    """A variant against the baseline."""

    variant: VariantResult
    metric: MetricComparison | None
    plot: Markup
    tone: str
    page: str | None
    """Where the page of the pair is, from the sweep's folder."""
    worse: str
    """The other metrics in which it is worse."""


def html(result: SweepResult, folder: SweepFolder, pages: Mapping[str, str]) -> str:
    """The page; `pages` has, by label, where the page of a variant's comparison is, from the sweep's folder."""
    low, high = drawing.reach(result)
    return layout.render(
        "sweep.html", cases=None, result=result, rows=[_row(result, row, folder) for row in result.variants],
        differences=_differences(result, pages), scatter=drawing.scatter(result), low=low, high=high,
        tone=_tone(result), report=report, telling=telling,
        tokens=any(row.tokens is not None for row in result.variants), gates=any(row.gates for row in result.variants),
        costs=any(row.cost_usd is not None for row in result.variants),
        command=f"rag-eval sweep --resume {folder.path}",
    )  # fmt: skip


def _row(result: SweepResult, row: VariantResult, folder: SweepFolder) -> VariantRow:
    so = telling.so(result, row)
    page = relative(Path(row.run) / "report.html", folder.path)
    return VariantRow(row, page, drawing.mean(result, row), so, _TONES[so], overall_outcome(row.gates))


def relative(path: Path, folder: Path) -> str:
    """Where a file is from a folder, as a link."""
    return quote(Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix())


def _tone(result: SweepResult) -> str:
    """Green where one variant is clearly best, red where it fails a gate, else nothing is settled."""
    if not result.leader:
        return "warn"
    outcome = overall_outcome(result.variant(result.leader).gates)
    if outcome == "failed":
        return "bad"
    return "good" if len(result.contenders) == 1 and outcome != "undecided" else "none"


def _differences(result: SweepResult, pages: Mapping[str, str]) -> list[BaselineDifference]:
    compared = [row for row in result.variants if row.label != result.baseline]
    metrics = [report.difference(result, row) for row in compared]
    reach = pages_drawing.reach([metric for metric in metrics if metric])
    return [_difference(result, row, metric, reach, pages) for row, metric in zip(compared, metrics, strict=True)]


def _difference(
    result: SweepResult, row: VariantResult, metric: MetricComparison | None, reach: float, pages: Mapping[str, str]
) -> BaselineDifference:
    comparison = result.against(row)
    worse = [name for name in (comparison.regressed if comparison else ()) if name != result.primary]
    plot = pages_drawing.forest(metric, reach) if metric else Markup("")
    tone = pages_drawing.TONES.get(metric.verdict, "grey") if metric else "grey"
    return BaselineDifference(row, metric, plot, tone, pages.get(row.label), ", ".join(worse) or "–")
