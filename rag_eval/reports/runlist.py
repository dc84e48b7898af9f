"""Many runs in a list: a line each where the terminal is wide enough, else two, and no word of it is cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from rag_eval.reports import formatting
from rag_eval.runs import RunEntry, names, tags

_COLOURS = {"finished": "", "stopped": "", "unfinished": "yellow", "running": "cyan", "unreadable": "red"}
_NUMBERS = frozenset({"cases", "size"})
_GAP = "  "


def runs(entries: Sequence[RunEntry], of: int) -> Iterator[RenderableType]:
    """A list of runs, of so many that there are."""
    yield _List(entries)
    yield from (Text(f"! {run.id}: unreadable: {run.problem}", style="red") for run in entries if run.problem)
    count = plural(len(entries)) if len(entries) == of else f"{len(entries)} of {plural(of)}"
    yield Text(f"{count}, {size(sum(run.size for run in entries))}", style="dim")


def state(run: RunEntry) -> str:
    """`finished`, `running` …, and what became of the gates where they did not all pass."""
    gates = "" if run.gates in (None, "passed") else f"gates {run.gates}"
    if gates and run.state == "finished":
        return gates
    return f"{run.state}, {gates}" if gates else run.state


def size(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":  # noqa: PLR2004 - as the units are
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def when(seconds: float) -> str:
    """A time of the clock on the wall."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}"


def plural(count: int) -> str:
    """So many runs."""
    return f"{count} run{'' if count == 1 else 's'}"


def score(run: RunEntry, *, named: bool) -> str:
    """What the primary metric came to, with its interval, and with its name where a list has several."""
    if run.value is None:
        return "–"
    spread = f" {formatting.interval(run.interval)}" if run.interval else ""
    return f"{f'{run.primary} ' if named else ''}{formatting.number(run.value)}{spread}"


def _cases(run: RunEntry) -> str:
    if not run.planned:
        return "–"
    return f"{run.progress}, limited" if run.limited else run.progress


@dataclass(frozen=True)
class _List:
    entries: Sequence[RunEntry]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [_row(run, named=len(self._metrics) > 1) for run in self.entries]
        for heads in self._layouts(rows):
            lines = self._lines(heads, rows)
            if all(line.cell_len <= options.max_width for line in lines):
                yield Group(*lines)
                return
        for run, row in zip(self.entries, rows, strict=True):
            yield from _block(run, row, options.max_width)

    @property
    def _metrics(self) -> list[str]:
        return [*dict.fromkeys(run.primary for run in self.entries if run.value is not None)]

    def _layouts(self, rows: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
        """Columns, the fullest first; a time that stands in every id may be left out, and what nothing has is."""
        filled = [head for head in rows[0] if any(row[head] for row in rows)] if rows else []
        yield filled
        if all(names.time_of(run.id) for run in self.entries):
            yield [head for head in filled if head != "began"]

    def _lines(self, heads: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[Text]:
        """The columns under their heads. Not a table of rich: that takes seconds for a thousand runs."""
        titles = {head: head for head in heads}
        if len(self._metrics) == 1:
            titles["score"] = self._metrics[0]
        table = [titles, *rows]
        widths = {head: max(cell_len(row[head]) for row in table) for head in heads}
        lines = [_GAP.join(_padded(head, row[head], widths[head]) for head in heads).rstrip() for row in table]
        styles = ["bold", *map(_colour, self.entries)]
        return [Text(line, style=style, no_wrap=True) for line, style in zip(lines, styles, strict=True)]


def _padded(head: str, cell: str, width: int) -> str:
    padding = " " * (width - cell_len(cell))
    return f"{padding}{cell}" if head in _NUMBERS else f"{cell}{padding}"


def _row(run: RunEntry, *, named: bool) -> dict[str, str]:
    """Head to cell."""
    return {
        "run": run.id,
        "began": when(run.began),
        "cases": _cases(run),
        "score": score(run, named=named),
        "state": state(run),
        "size": size(run.size),
        "baseline": ", ".join(run.baselines),
        "tags": tags.said(run.tags),
    }


def _block(run: RunEntry, row: Mapping[str, str], width: int) -> Iterator[Text]:
    """A run on two lines, or more where they are too long: who it is, and what it came to."""
    parts = [row["state"], row["began"], f"{row['cases']} cases", score(run, named=True), row["size"]]
    parts += [f"baseline {row['baseline']}"] if row["baseline"] else []
    parts += [row["tags"]] if row["tags"] else []
    yield Text(run.id, style=f"bold {_colour(run)}".strip())
    line = ""
    for part in parts:
        if line and len(_GAP) + len(line) + len(" · ") + len(part) > width:
            yield Text(f"{_GAP}{line}")
            line = part
        else:
            line = f"{line} · {part}" if line else part
    yield Text(f"{_GAP}{line}")


def _colour(run: RunEntry) -> str:
    return "red" if run.gates == "failed" else _COLOURS[run.state]
