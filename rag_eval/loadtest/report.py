"""A load test for people: tables for the terminal, a page with plots, and numbers for the tracker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from rich.console import RenderableType

from rag_eval.loadtest.result import LoadTestResult
from rag_eval.loadtest.summary import EndpointSummary, LoadSummary, Percentile
from rag_eval.ports import LoadRun
from rag_eval.reports import formatting
from rag_eval.reports import terminal as reports_terminal
from rag_eval.reports.fitting import STYLE, Cell, FittingTable, WrappedText
from rag_eval.reports.pages import drawing, layout

_LAYOUTS = (
    ("requests", "failed", "answered/s", "p50", "p95 [95 % interval]", "p99", "slowest"),
    ("requests", "failed", "answered/s", "p50", "p95 [95 % interval]"),
    ("failed", "p50", "p95 [95 % interval]"),
)
"""Columns behind the endpoint's name, the fullest first."""
_WORTH_SAYING_S = 0.1
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 200, 52, 24


def seconds(value: float | None) -> str:
    """A time, or that it was not reached."""
    return "not reached" if value is None else f"{value:.3f} s"


def percentile(value: Percentile) -> str:
    """A percentile with its interval, in tenths of milliseconds where that tells its ends apart; none of no width."""
    if value.seconds is None:
        return "not reached"
    ends = value.low, value.high
    for digits in (3, 4):
        low, high = ("…" if end is None else f"{end:.{digits}f}" for end in ends)
        if low != high or low == "…":
            return f"{value.seconds:.{digits}f} s [{low}, {high}]"
    return f"{value.seconds:.3f} s"


def rows(load: LoadSummary) -> list[EndpointSummary]:
    """The lines of the table: each endpoint, and all of them where there are several."""
    asked = [endpoint for endpoint in load.endpoints if endpoint.name != "login"]
    logins = [endpoint for endpoint in load.endpoints if endpoint.name == "login"]
    return [*asked, *([load.total] if len(asked) > 1 else []), *logins]


def verdicts(load: LoadSummary) -> Iterator[str]:
    """What was to be kept, a line each."""
    for verdict in load.verdicts:
        mark = "ok  " if verdict.kept else "FAIL"
        if verdict.what.endswith("errors"):
            yield f"{mark} {verdict.what} {(verdict.found or 0.0):.2%}, at most {verdict.limit:.2%}"
        else:
            yield f"{mark} {verdict.what} {seconds(verdict.found)}, at most {verdict.limit:g} s"


def remarks(loaded: LoadTestResult) -> list[str]:
    """What a reader must know."""
    lines = [*loaded.load.remarks]
    if loaded.load.interrupted:
        lines.append(
            f"ended after {loaded.load.seconds:.0f} of {loaded.load.planned:.0f} s, or lost workers: not gated"
        )
    if loaded.load.late > _WORTH_SAYING_S:
        lines.append(f"questions were sent up to {loaded.load.late:.1f} s after they were due: load.users is too small")
    if loaded.unscored is not None:
        lines.append(f"the answers could not be scored: {loaded.unscored}")
    elif loaded.quality is None:
        lines.append("no answers were scored: there is no telling whether they were right under load")
    elif loaded.quality.worse:
        lines.append(f"answers under load are worse than at rest: {', '.join(loaded.quality.worse)}")
    return lines


def terminal(loaded: LoadTestResult) -> Iterator[RenderableType]:
    """The result on a terminal."""
    load = loaded.load
    title = f"{load.name}: {load.peak_users} users, {load.shape}, {load.seconds:.0f} s"
    yield FittingTable("endpoint", _LAYOUTS, [_row(endpoint) for endpoint in rows(load)], title=title)
    for endpoint in rows(load):
        if endpoint.failures:
            yield WrappedText(f"{endpoint.name} failed: {formatting.counts(endpoint.failures)}", "red", indent=2)
    if loaded.quality is not None:
        yield WrappedText(f"\nAnswers: A at rest, B under load, {loaded.quality.sample} questions", "bold")
        yield from reports_terminal.comparison(loaded.quality.comparison, (), moved=0)
    for line in verdicts(load) if not load.interrupted else ():
        yield WrappedText(line, "green" if line.startswith("ok") else "bold red", indent=5)
    for line in remarks(loaded):
        yield WrappedText(f"! {line}", "yellow", indent=2)


def _row(endpoint: EndpointSummary) -> dict[str, Cell]:
    return {
        "endpoint": endpoint.name,
        "requests": str(endpoint.requests),
        "failed": f"{endpoint.failed} ({endpoint.errors:.2%})",
        "answered/s": f"{endpoint.throughput:.1f}",
        "p50": seconds(endpoint.at(50).seconds),
        "p95 [95 % interval]": percentile(endpoint.at(95)),
        "p99": seconds(endpoint.at(99).seconds),
        "slowest": seconds(endpoint.slowest),
        STYLE: "red" if endpoint.failed else "",
    }


def html(loaded: LoadTestResult) -> str:
    """The result as one file: no network, no script from elsewhere, opens from disk."""
    return layout.render(
        "load.html", cases=None, load=loaded.load, quality=loaded.quality, passed=loaded.passed, rows=rows(loaded.load),
        verdicts=list(verdicts(loaded.load)), remarks=remarks(loaded), seconds=seconds, percentile=percentile,
        tones=drawing.TONES, plots=[(title, Markup(svg)) for title, svg in _plots(loaded.load)],  # noqa: S704  numbers
    )  # fmt: skip


@dataclass(frozen=True)
class _Line:
    name: str
    colour: str
    points: Sequence[tuple[float, float | None]]


def _plots(load: LoadSummary) -> Iterator[tuple[str, str]]:
    """How it went over time, a plot for each unit, each with its title."""
    moments = load.moments
    slo = next((verdict.limit for verdict in load.verdicts if verdict.what.endswith("p95")), None)
    times = [
        _Line("p95", "var(--bad)", [(m.at, m.p95) for m in moments]),
        _Line("p50", "var(--accent)", [(m.at, m.p50) for m in moments]),
    ]
    rates = [
        _Line("answered", "var(--good)", [(m.at, m.throughput) for m in moments]),
        _Line("failed", "var(--bad)", [(m.at, m.failed) for m in moments]),
    ]
    users = [_Line("users", "var(--text)", [(m.at, float(m.users)) for m in moments])]
    for title, lines, rule in (
        ("Response time, seconds", times, slo), ("Requests a second", rates, None), ("Users", users, None),
    ):  # fmt: skip
        yield title, _plot(title, load.seconds, lines, rule)


def _plot(title: str, length: float, lines: Sequence[_Line], rule: float | None) -> str:
    """A plot as SVG: lines with a legend, a rule where there is a limit, gaps where nothing is known."""
    known = [value for line in lines for _, value in line.points if value is not None]
    top = max([*known, rule or 0.0, 1e-9]) * 1.1
    across = _WIDTH - _LEFT - 10

    def at(moment: float, value: float) -> str:
        x = _LEFT + across * (moment / length if length else 0.0)
        return f"{x:.1f},{(_HEIGHT - _BOTTOM) * (1 - value / top) + 6:.1f}"

    parts = [f'<svg class="line-plot" viewBox="0 0 {_WIDTH} {_HEIGHT + 12}" role="img" aria-label="{title}">']
    for share in (0.0, 0.5, 1.0):
        value = top * share
        y = at(0, value).partition(",")[2]
        parts.append(f'<path d="M{_LEFT} {y}H{_WIDTH - 10}" stroke="var(--line)"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LEFT + across * share
        anchor = "end" if share == 1 else "middle"
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT + 4}" text-anchor="{anchor}">{length * share:.0f} s</text>')
    if rule is not None:
        y = at(0, rule).partition(",")[2]
        parts.append(f'<path d="M{_LEFT} {y}H{_WIDTH - 10}" stroke="var(--warn)" stroke-dasharray="5 4"/>')
        parts.append(f'<text x="{_WIDTH - 12}" y="{float(y) - 4:.1f}" text-anchor="end">limit {rule:g}</text>')
    for number, line in enumerate(lines):
        for piece in _pieces(line.points):
            drawn = " ".join(at(moment, value) for moment, value in piece)
            parts.append(f'<polyline points="{drawn}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        x = _LEFT + 8 + number * 90
        parts.append(f'<path d="M{x} 12h16" stroke="{line.colour}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 20}" y="16">{line.name}</text>')
    return "".join([*parts, "</svg>"])


def _pieces(points: Sequence[tuple[float, float | None]]) -> Iterator[list[tuple[float, float]]]:
    """Stretches of a line without gaps."""
    piece: list[tuple[float, float]] = []
    for moment, value in points:
        if value is not None:
            piece.append((moment, value))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def tracked(loaded: LoadTestResult, folder: Path) -> LoadRun:
    """What the tracker keeps: numbers by endpoint, lines over time, the page."""
    load = loaded.load
    numbers: dict[str, float] = {"load_passed": float(loaded.passed), "load_peak_users": float(load.peak_users)}
    for endpoint in [*load.endpoints, load.total]:
        prefix = f"load_{endpoint.name.replace('/', '_')}"
        numbers |= {
            f"{prefix}_requests": float(endpoint.requests),
            f"{prefix}_errors": round(endpoint.errors, 6),
            f"{prefix}_throughput": endpoint.throughput,
        }
        numbers |= {f"{prefix}_p{p.percent}": p.seconds for p in endpoint.percentiles if p.seconds is not None}
    quality = loaded.quality
    return LoadRun(
        key=load.key,
        name=folder.name,
        started=load.started,
        ended=load.started + load.seconds,
        metrics=numbers,
        series={
            "load_over_time_users": [(m.at, float(m.users)) for m in load.moments],
            "load_over_time_answered_per_s": [(m.at, m.throughput) for m in load.moments],
            "load_over_time_failed_per_s": [(m.at, m.failed) for m in load.moments],
            "load_over_time_p95": [(m.at, m.p95) for m in load.moments if m.p95 is not None],
        },
        params={
            "load.users": str(load.users),
            "load.shape": load.shape,
            "load.duration": f"{load.planned:g}",
            "load.slo": "; ".join(f"{verdict.what} <= {verdict.limit:g}" for verdict in load.verdicts)[:500],
        },
        tags={
            "rag_eval.kind": "load",
            "mlflow.note.content": "\n".join([*verdicts(load), *(f"! {line}" for line in remarks(loaded))])[:4900],
            **(
                {
                    "rag_eval.run_under_load": Path(quality.under_load).name,
                    "rag_eval.run_at_rest": Path(quality.at_rest).name,
                }
                if quality
                else {}
            ),
        },
        folder=folder,
        files=[folder / "report.html", folder / "load.json", folder / "plan.json"],
    )
