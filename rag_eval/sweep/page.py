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
class Row:
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
class Difference:
    """A variant against the baseline."""

    variant: VariantResult
    metric: MetricComparison | None
    plot: Markup
    tone: str
    page: str | None
    """Where the page of the pair is, from the sweep's folder."""
    worse: str
    """The other metrics in which it is worse."""


def html(found: SweepResult, folder: SweepFolder, pages: Mapping[str, str]) -> str:
    """The page; `pages` has, by label, where the page of a variant's comparison is, from the sweep's folder."""
    low, high = drawing.reach(found)
    return layout.render(
        "sweep.html", cases=None, found=found, rows=[_row(found, row, folder) for row in found.variants],
        differences=_differences(found, pages), scatter=drawing.scatter(found), low=low, high=high,
        tone=_tone(found), report=report, telling=telling,
        tokens=any(row.tokens is not None for row in found.variants), gates=any(row.gates for row in found.variants),
        costs=any(row.cost_usd is not None for row in found.variants),
        command=f"rag-eval sweep --resume {folder.path}",
    )  # fmt: skip


def _row(found: SweepResult, row: VariantResult, folder: SweepFolder) -> Row:
    so = telling.so(found, row)
    page = relative(Path(row.run) / "report.html", folder.path)
    return Row(row, page, drawing.mean(found, row), so, _TONES[so], overall_outcome(row.gates))


def relative(path: Path, folder: Path) -> str:
    """Where a file is from a folder, as a link."""
    return quote(Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix())


def _tone(found: SweepResult) -> str:
    """Green where one variant is clearly best, red where it fails a gate, else nothing is settled."""
    if not found.leader:
        return "warn"
    outcome = overall_outcome(found.variant(found.leader).gates)
    if outcome == "failed":
        return "bad"
    return "good" if len(found.contenders) == 1 and outcome != "undecided" else "none"


def _differences(found: SweepResult, pages: Mapping[str, str]) -> list[Difference]:
    compared = [row for row in found.variants if row.label != found.baseline]
    metrics = [report.difference(found, row) for row in compared]
    reach = pages_drawing.reach([metric for metric in metrics if metric])
    return [_difference(found, row, metric, reach, pages) for row, metric in zip(compared, metrics, strict=True)]


def _difference(
    found: SweepResult, row: VariantResult, metric: MetricComparison | None, reach: float, pages: Mapping[str, str]
) -> Difference:
    comparison = found.against(row)
    worse = [name for name in (comparison.regressed if comparison else ()) if name != found.primary]
    plot = pages_drawing.forest(metric, reach) if metric else Markup("")
    tone = pages_drawing.TONES.get(metric.verdict, "grey") if metric else "grey"
    return Difference(row, metric, plot, tone, pages.get(row.label), ", ".join(worse) or "–")
