"""Texts and tables that fit: what is too wide is wrapped between words or stacked, and no word or number is cut."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rag_eval.printable import printable

_PIECE = re.compile(r"\s*(?:\[[^\s\[\]]+, [^\s\[\]]+\]\S*|\S+)")
"""Blanks and a word; the limits of an interval are one word."""
_FRAME = 3
"""Letters that a frame and its padding take for each column; one more closes it."""
_BETWEEN = " · "
_GAP = 2
"""Letters between two columns without a frame."""

STYLE = ""
"""Key of a row under which its style stands; no column is headed so."""
_LEAST_INDENT = 2
"""Blanks before a line that would else be too short for its longest word."""
Cell = str | Text
"""What stands in a table: a text as it is, never read as markup."""


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """A text in lines of at most `width` cells, each but the first behind `indent` blanks.

    A word that is wider than a line, such as a path, stays whole on a line of its own; only where a script has no
    blanks between its words is it parted between letters.
    """
    first, *more = printable(text).expandtabs(4).split("\n")
    paragraphs = [first, *(" " * indent + paragraph for paragraph in more)]
    return [line for paragraph in paragraphs for line in _filled(paragraph, width, indent)]


def _filled(paragraph: str, width: int, indent: int) -> Iterator[str]:
    line = ""
    for piece in _pieces(paragraph, max(width - indent, 1)):
        if line.strip() and cell_len(line + piece) > width:
            yield line.rstrip()
            line = " " * indent + piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


def _pieces(paragraph: str, width: int) -> Iterator[str]:
    for match in _PIECE.finditer(paragraph.rstrip()):
        word = match[0]
        if cell_len(word) <= width or word.isascii() or cell_len(word) == len(word):
            yield word
        else:
            yield from chop_cells(word, width)


@dataclass(frozen=True)
class WrappedText:
    """A text on a console, wrapped between words; lines after the first stand behind `indent` blanks."""

    text: str
    style: str = ""
    indent: int = 0
    lead: Text = field(default_factory=Text)
    """What stands before its first line, in a style of its own."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lead, width = printable(self.lead.plain), options.max_width
        room = width - max(map(cell_len, self.text.split()), default=0)
        stand_in = "x" * cell_len(lead.rstrip()) or "x" * bool(lead)
        stand_in += " " * (cell_len(lead) - len(stand_in))
        first, *more = wrapped(f"{stand_in}{self.text}", width, self.indent if self.indent <= room else _LEAST_INDENT)
        start = Text(lead, style=self.lead.style, no_wrap=True, overflow="ignore")
        yield start.append(first[cell_len(lead) :], style=self.style)
        yield from (Text(line, style=self.style, no_wrap=True, overflow="ignore") for line in more)


@dataclass(frozen=True)
class Units:
    """Short texts in a row, each of them whole; lines after the first begin where the first text does."""

    texts: Sequence[str]
    lead: Text = field(default_factory=Text)
    """What stands before the first."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent = cell_len(self.lead.plain)
        units = [_cell(text) for text in self.texts]
        units[:1] = [Text.assemble(self.lead, unit) for unit in units[:1]]
        yield from _side_by_side(units, options.max_width, indent, first=0)


@dataclass(frozen=True)
class FittingTable:
    """A table that is shown by the first of its layouts that fits, else stacked: a row's name, beneath it the rest."""

    first: str
    """Head of the column of names."""
    layouts: Sequence[Sequence[str]]
    """Heads of the other columns; those that no later layout may lack stand in all of them."""
    rows: Sequence[Mapping[str, Cell]]
    """Head to cell, and `STYLE` to the row's style where it has one."""
    left: frozenset[str] = frozenset()
    """Columns that read from the left; the others hold numbers."""
    wraps: frozenset[str] = frozenset()
    """Columns whose cells may be wrapped between words, as names always may."""
    beside: str = ""
    """What of a row stands beside its name, and is understood without a head, where rows are stacked."""
    below: Sequence[str] = ()
    """Heads of what then stands beneath; all of the last layout if empty."""
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.title:
            yield WrappedText(self.title, "bold")
        yield from self._framed(options.max_width) or self._bare(options.max_width) or self._stacked(options.max_width)

    def _framed(self, width: int) -> Sequence[Table]:
        for heads in self.layouts:
            if widths := self._widths(heads, width - _FRAME * (len(heads) + 1) - 1):
                return [self._filled(Table(), heads, widths)]
        return []

    def _bare(self, width: int) -> Sequence[Table]:
        """The narrowest layout without lines."""
        heads = self.layouts[-1]
        widths = self._widths(heads, width - _GAP * len(heads))
        bare = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
        return [self._filled(bare, heads, widths)] if widths else []

    def _widths(self, heads: Sequence[str], room: int) -> Sequence[int]:
        """How wide each column is; nothing where a word would have to be cut."""
        columns = [(self.first, *(_plain(row[self.first]) for row in self.rows))]
        columns += [(head, *(_plain(row[head]) for row in self.rows)) for head in heads]
        wraps = [True, *(head in self.wraps for head in heads)]
        least = [_least(texts, wraps=may) for texts, may in zip(columns, wraps, strict=True)]
        spare = room - sum(least)
        if spare < 0:
            return []
        widths = []
        for texts, narrow in zip(columns, least, strict=True):
            wider = min(max(map(cell_len, texts)), narrow + spare)
            spare -= wider - narrow
            widths.append(wider)
        return widths

    def _filled(self, table: Table, heads: Sequence[str], widths: Sequence[int]) -> Table:
        for head, width in zip((self.first, *heads), widths, strict=True):
            side = "left" if head == self.first or head in self.left else "right"
            table.add_column(Text(printable(head)), justify=side, width=width)  # type: ignore[arg-type]
        for row in self.rows:
            table.add_row(*(_cell(row[head]) for head in (self.first, *heads)), style=_plain(row.get(STYLE, "")))
        return table

    def _stacked(self, width: int) -> Iterator[WrappedText | Text]:
        heads = self.below or self.layouts[-1]
        bracketed = [head for head in heads if self._is_bracketed(head)]
        yield WrappedText(f"{self.first}{''.join(f', in brackets its {head}' for head in bracketed)}", "bold")
        for row in self.rows:
            name = Text(_plain(row[self.first]), style=f"bold {_plain(row.get(STYLE, ''))}".strip())
            beside = [_cell(row[self.beside])] if self.beside in row else []
            yield from _side_by_side([name, *beside], width)
            units = [_cell(row[head]) if head in bracketed else _unit(head, row[head]) for head in heads]
            yield from _side_by_side(units, width, indent=2)

    def _is_bracketed(self, head: str) -> bool:
        """Whether a column holds intervals, which are known by their brackets."""
        cells = [_plain(row[head]) for row in self.rows]
        return any(cell.startswith("[") for cell in cells) and all(cell.startswith(("[", "–")) for cell in cells)


def _unit(head: str, cell: Cell) -> Text:
    return Text.assemble(f"{head} ", _cell(cell))


def _side_by_side(
    units: Sequence[Text], width: int, indent: int = 0, first: int | None = None
) -> Iterator[WrappedText | Text]:
    """Units on as many lines as it takes; one is parted only where a line is too short for it alone."""
    line: Text | None = None
    begin = indent if first is None else first
    for unit in units:
        if line is not None and line.cell_len + len(_BETWEEN) + unit.cell_len <= width:
            line.append(_BETWEEN).append_text(unit)
            continue
        if line is not None:
            yield line
        line = Text(" " * begin, no_wrap=True, overflow="ignore").append_text(unit)
        begin = indent
        if line.cell_len > width:
            yield WrappedText(line.plain, str(unit.style), indent=indent + 2)
            line = None
    if line is not None:
        yield line


def _plain(cell: Cell) -> str:
    return printable(cell if isinstance(cell, str) else cell.plain)


def _cell(cell: Cell) -> Text:
    return Text(_plain(cell), style="" if isinstance(cell, str) else cell.style)


def _least(texts: Sequence[str], *, wraps: bool) -> int:
    """The least width of a column in which no word is cut; its head may always be wrapped."""
    head, *cells = texts
    measure: Callable[[str], int] = _longest_word if wraps else cell_len
    return max(_longest_word(head), *map(measure, cells), 1)


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)
