"""How much of a claim stands in a context."""

import pytest

from rag_eval.judges.embedded.overlap import content_keys, overlap
from rag_eval.judges.embedded.passages import read_passages

CONTEXT = "The ferry leaves at nine. Dogs travel free of charge."


@pytest.mark.parametrize(
    ("claim", "low", "high"),
    [("The ferry leaves at nine.", 1.0, 1.0), ("The ferry leaves at ten.", 0.01, 0.99), ("Cats sing.", 0.0, 0.0)],
)
def test_shares_grow_with_the_words_in_common(claim: str, low: float, high: float) -> None:
    """All, some and none."""
    shared = overlap(claim, read_passages(CONTEXT))
    assert low <= shared.sentence <= shared.whole <= high


def test_the_sentence_it_rests_on_is_told() -> None:
    """The one that holds most of the claim."""
    assert overlap("Dogs travel free.", read_passages(CONTEXT)).evidence == "Dogs travel free of charge."


def test_function_words_are_no_content() -> None:
    """And words are compared by their stems."""
    assert content_keys("What does the ferry cost?") == {"ferri", "cost"}
