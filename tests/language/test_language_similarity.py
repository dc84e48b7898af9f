"""Two questions that ask for the same are near, and none that differ in what must be the same."""

import pytest

from rag_eval.language.similarity import Index, alike, gist, jaccard


@pytest.mark.parametrize(
    ("left", "right", "so"),
    [
        ("What does the ferry cost?", "What costs the ferry?", True),
        ("What costs ferry 4?", "What costs ferry 5?", False),
        ("Is it open on Sundays?", "Is it not open on Sundays?", False),
        ("When does it open?", "Where does it open?", False),
    ],
)
def test_numbers_negation_and_what_is_asked_for_must_be_the_same(left: str, right: str, *, so: bool) -> None:
    """However many words two questions share."""
    assert alike(gist(left), gist(right)) == alike(gist(right), gist(left)) == so


def test_words_in_common_are_a_share() -> None:
    """Of all words of both; two texts without words have none in common."""
    assert jaccard(gist("the ferry costs"), gist("the costs of a ferry")) == 1.0
    assert jaccard(gist("ferry"), gist("dog")) == 0.0
    assert jaccard(gist(""), gist("")) == 0.0


def test_an_index_finds_each_pair_once() -> None:
    """And across a border only pairs of both sides."""
    index = Index(["When does the ferry leave?", "When is the ferry leaving?", "Dogs are free."])
    assert [(i, j) for i, j, _ in index.pairs(0.5)] == [(0, 1)]
    assert [*index.across(2, 0.01)] == []
    assert [(i, j) for i, j, _ in index.across(1, 0.5)] == [(0, 1)]
