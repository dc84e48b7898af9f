"""Where a quote stands in a passage: letter by letter, or but for white space, marks of layout and kinds of quotes."""

import re

from rag_eval.dataset.drafting.passage_index import CorpusPassage
from rag_eval.records import Record

_SHORTEST = 2
_SAME = {"'": "['’‘]", '"': '["“”„]', "-": "[-–—]"}
_IGNORED = r"[\s*_`\\]"


class QuotedSpan(Record):
    """The stretch of a document that bears out an answer: `text` is the document's text from `start` to `end`."""

    context_id: str
    """The passage that it lies in."""
    document: str
    start: int
    end: int
    text: str


def locate(quote: str, passages: tuple[CorpusPassage, ...]) -> QuotedSpan | None:
    """The span of a quote in the first passage that holds it; None if none does."""
    quote = quote.strip().strip("…").strip()
    if len(quote) < _SHORTEST:
        return None
    for passage in passages:
        at = passage.text.find(quote)
        place = (at, at + len(quote)) if at >= 0 else _loosely(quote, passage.text)
        if place:
            start, end = place
            return QuotedSpan(
                context_id=passage.id,
                document=passage.document,
                start=passage.start + start,
                end=passage.start + end,
                text=passage.text[start:end],
            )
    return None


def _loosely(quote: str, text: str) -> tuple[int, int] | None:
    """Find a quote although its line breaks, its emphasis or its quotation marks were written in another way."""
    words = re.sub(_IGNORED, " ", quote).translate(str.maketrans("’‘“”„–—", '\'\'"""--')).split()
    if not words:
        return None
    gap = rf"{_IGNORED}+"
    pattern = gap.join("".join(_SAME.get(letter, re.escape(letter)) for letter in word) for word in words)
    match = re.search(pattern, text)
    return (match.start(), match.end()) if match else None
