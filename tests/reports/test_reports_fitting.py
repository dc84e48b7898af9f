"""Texts and tables that fit."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from rag_eval.reports.fitting import STYLE, Cell, FittingTable, Units, WrappedText, wrapped

_PATH = "runs/20261127-194852-harbour-strong-with-a-name-that-is-long/report.html"
_HEADS = ("mean", "95 % interval", "scored")
_ROWS = [
    {"metric": "faithfulness (of what was said)", "mean": "0.888", "95 % interval": "[0.812, 0.946]", "scored": "100"},
    {"metric": "mrr", "mean": "–", "95 % interval": "–", "scored": "0", STYLE: "red"},
]


def _printed(part: object, width: int) -> str:
    console = Console(width=width, color_system=None, file=io.StringIO())
    with console.capture() as capture:
        console.print(part, crop=False)
    return capture.get()


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" \n"), max_size=200))
def test_wrapping_loses_and_parts_no_word(text: str) -> None:
    """Whatever is written: all words in their order, and lines no wider than asked for but for a word that is."""
    lines = wrapped(text, 40, 4)
    if all(cell_len(word) == len(word) for word in text.split()):
        assert " ".join(lines).split() == text.split()
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert cell_len(line) <= 40 or len(line.split()) == 1


def test_a_path_and_an_interval_stay_whole() -> None:
    """A path that is wider than the terminal has a line of its own; an interval is one word."""
    assert wrapped(f"see {_PATH} for it", 30) == ["see", _PATH, "for it"]
    assert wrapped("a difference of [-0.123, +0.456], as it is", 30, 2) == [
        "a difference of",
        "  [-0.123, +0.456], as it is",
    ]


def test_lines_behind_the_first_are_indented() -> None:
    """Also those of further paragraphs; a script without blanks is parted between letters."""
    assert wrapped("answer: one two\nthree", 12, 8) == ["answer: one", "        two", "        three"]
    assert wrapped("潮" * 12, 10) == ["潮" * 5, "潮" * 5, "潮" * 2]
    assert _printed(WrappedText("one two three", indent=2, lead=Text("✓ ")), 9) == "✓ one two\n  three\n"


@pytest.mark.parametrize(("width", "mark"), [(140, "┃"), (60, "┃"), (46, "  100")])
def test_a_table_shows_as_much_as_there_is_room_for(width: int, mark: str) -> None:
    """In lines where these fit, and without where only that does."""
    printed = _printed(FittingTable("metric", [_HEADS], _ROWS), width)
    assert mark in printed
    assert ("┃" in printed) == (width > 46)
    assert "[0.812, 0.946]" in printed
    assert all(len(line) <= width for line in printed.splitlines())


def test_a_table_of_several_layouts_takes_the_fullest_that_fits() -> None:
    """And the last where none does, without lines."""
    table = FittingTable("metric", [_HEADS, ("mean", "95 % interval")], _ROWS)
    assert "scored" in _printed(table, 80)
    assert "scored" not in _printed(table, 44)
    assert "┃" in _printed(table, 44)


def test_rows_are_stacked_where_no_table_fits() -> None:
    """The name, what is said of it beside it, and the numbers beneath; intervals are known by their brackets."""
    rows: list[dict[str, Cell]] = [{**row, "so": Text("as before", style="green")} for row in _ROWS]
    table = FittingTable("metric", [_HEADS], rows, beside="so", below=("mean", "95 % interval"))
    assert _printed(table, 34).splitlines() == [
        "metric, in brackets its 95 %",
        "interval",
        "faithfulness (of what was said)",
        "as before",
        "  mean 0.888 · [0.812, 0.946]",
        "mrr · as before",
        "  mean – · –",
    ]


def test_units_stay_whole() -> None:
    """A name is never parted from its number."""
    units = Units(["correctness 0.5", "faithfulness 0.75", "latency 1.5 s"], Text("scores: "))
    assert _printed(units, 44).splitlines() == [
        "scores: correctness 0.5 · faithfulness 0.75",
        "        latency 1.5 s",
    ]
