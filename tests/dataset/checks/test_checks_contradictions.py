"""Answers that cannot both hold are a contradiction, the same answer in other words is none."""

from rag_eval.dataset.checks.contradictions import contradicts


def test_texts_about_different_things_are_not_compared() -> None:
    """A negation in one says nothing about a sentence of the other that speaks of something else."""
    assert contradicts("Dogs travel free of charge.", "The library does not lend maps.") is None
