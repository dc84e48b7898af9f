"""A claim and a sentence may say the opposite of each other in the same words."""

import pytest

from rag_eval.judges.embedded.polarity import contradiction, opposed, unanswered


@pytest.mark.parametrize(
    ("claim", "sentence", "so"),
    [
        ("The pool is open.", "The pool is open.", False),
        ("The pool is open.", "The pool is not open.", True),
        ("The pool is open.", "The pool is closed.", True),
        ("The pool is open.", "The pool is not closed.", False),
        ("The pool is open.", "If it rains, the pool is not open.", False),
    ],
)
def test_negations_and_antonyms_contradict(claim: str, sentence: str, *, so: bool) -> None:
    """Both together say the same; what is so only if something else is so contradicts nothing."""
    assert bool(contradiction(claim, sentence)) == bool(contradiction(sentence, claim)) == so


def test_an_opening_yes_or_no_negates_nothing() -> None:
    """It answers a question."""
    assert unanswered("No, the pool is open.") == "the pool is open."


def test_opposite_words_oppose() -> None:
    """Unless both texts hold both."""
    assert opposed("Prices are higher.", "Prices are lower.")
    assert not opposed("Prices are higher or lower.", "Prices are lower or higher.")
