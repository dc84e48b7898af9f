"""Questions about the same thing come under one topic, named by the words that they use."""

import pytest

from rag_eval.dataset import topics

QUESTIONS = [
    *(f"When does the ferry to {place} depart?" for place in ("Bergen", "Oslo", "Kiel", "Turku", "Riga", "Visby")),
    *(f"What does a parking permit for {what} cost?" for what in ("cars", "vans", "boats", "bikes", "taxis", "buses")),
]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_topics_are_told_apart(seed: int) -> None:
    """With any seed, and each is called by its own words."""
    names = topics.of(QUESTIONS, 2, seed)
    assert [len(set(names[:6])), len(set(names[6:])), len(set(names))] == [1, 1, 2]
    assert names[0].startswith("ferry depart")
    assert {"parking", "cost"} <= set(names[-1].split())


def test_the_same_seed_gives_the_same() -> None:
    """However often."""
    assert topics.of(QUESTIONS, 4, 3) == topics.of(QUESTIONS, 4, 3)


def test_questions_of_the_same_words_alone_have_no_topic() -> None:
    """There is nothing that tells them apart."""
    assert topics.of(["Who?"] * 3, 2, 0) == ["others"] * 3
    assert len(topics.of(["the ferry", "the ferry", "a boat", "a boat", "x"], 4, 0)) == 5
