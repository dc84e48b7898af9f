"""Any text survives a cell, and nothing in a cell is run or converted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag_eval.dataset.review import spreadsheet_cells


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("'=1")
@example("''")
@example("'tis")
@example("\ufeff=1")
@example("＝1")
@example("\r\n-1")
@example("1/2")
@example("'007")
def test_any_text_survives_a_cell(text: str) -> None:
    """Also one that begins with apostrophes."""
    assert spreadsheet_cells.plain(spreadsheet_cells.guarded(text)) == text


_WIDE = ["＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-x", "@SUM(1)", "\tx", "\rx", "  =x", "\u00a0@x", "\u200b=x", "'=x", *_WIDE]
)
def test_nothing_that_a_spreadsheet_would_run_stands_bare(text: str) -> None:
    """OWASP's list, also behind white space that is or is not seen, and in full width."""
    assert spreadsheet_cells.guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["007", "1/2", "12.50", "2026-01-02", "5 March 2020", "1e5", "TRUE", "10:30 am"])
def test_nothing_that_a_spreadsheet_would_convert_stands_bare(text: str) -> None:
    """An id would lose its zeros, a fraction become a day."""
    assert spreadsheet_cells.guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "It costs 4 pounds.", "'tis so", "May I?", "a = b", "42 pounds"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    """People read this."""
    assert spreadsheet_cells.guarded(text) == text
