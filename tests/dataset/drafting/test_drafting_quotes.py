"""Where a quote stands in a passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.dataset.drafting.passage_index import CorpusPassage
from rag_eval.dataset.drafting.quotes import locate

TEXT = "## Fees\n\nThe *yearly* fee is £75,\nand “day passes” cost £15 each. It's due in May – always."


def _passage(text: str = TEXT, start: int = 100) -> CorpusPassage:
    return CorpusPassage(1, "a.md#fees", "a.md", start, start + len(text), "a.md › Fees", text)


@given(st.data())
def test_what_is_copied_is_found_where_it_stands(data: st.DataObject) -> None:
    """Any stretch of a passage is found with offsets into its document at which that very text stands."""
    start = data.draw(st.integers(0, len(TEXT) - 2))
    end = data.draw(st.integers(start + 2, len(TEXT)))
    quote = TEXT[start:end]
    span = locate(quote, (_passage(),))
    wanted = quote.strip().strip("…").strip()
    if len(wanted) < 2:
        assert span is None
    else:
        assert span is not None
        assert span.text == TEXT[span.start - 100 : span.end - 100] == wanted


@pytest.mark.parametrize(
    "quote",
    [
        "The yearly fee is £75, and",
        "The *yearly* fee is £75, and",
        '"day passes" cost £15',
        "It’s due in May - always.",
        "…cost £15 each.…",
    ],
)
def test_layout_and_quotation_marks_may_differ(quote: str) -> None:
    """Line breaks, emphasis and kinds of quotes do not matter; the span is what stands in the passage."""
    span = locate(quote, (_passage(),))
    assert span is not None
    assert span.text in TEXT


@pytest.mark.parametrize("quote", ["", "…", "x", "The yearly fee is £76", "the yearly fee", "Bella rules it."])
def test_what_stands_nowhere_is_not_found(quote: str) -> None:
    """Another number, another case, or nothing at all gives no span."""
    assert locate(quote, (_passage(),)) is None


def test_the_first_passage_that_holds_it_counts() -> None:
    """Of two passages with one text the first is named."""
    other = CorpusPassage(2, "b.md#fees", "b.md", 0, len(TEXT), "b.md › Fees", TEXT)
    found = locate("£15 each", (other, _passage()))
    assert found is not None
    assert (found.document, found.context_id) == ("b.md", "b.md#fees")
