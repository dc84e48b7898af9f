"""Vectors without a model: what shares words points the same way."""

import asyncio
import math

import pytest

from rag_eval.judges.embedded.embedder import DIMENSIONS, HashingEmbedder, vector


def _cosine(left: str, right: str) -> float:
    return sum(a * b for a, b in zip(vector(left), vector(right), strict=True))


@pytest.mark.parametrize("text", ["The ferry leaves at nine.", "", "\ud800", "渡船は九時に出ます"])
def test_a_vector_has_length_one(text: str) -> None:
    """Also that of an empty text."""
    assert len(vector(text)) == DIMENSIONS
    assert math.sqrt(_cosine(text, text)) == pytest.approx(1.0)


def test_texts_that_share_words_are_nearer() -> None:
    """Than those that share only function words."""
    near = _cosine("When does the ferry leave?", "The ferry leaves at nine.")
    assert near > 2 * abs(_cosine("When does the ferry leave?", "The dogs of the house sleep."))


def test_the_embedder_gives_a_vector_for_each_text() -> None:
    """In their order, and the same every time."""
    texts = ["a berth", "a dog", "a berth"]
    assert asyncio.run(HashingEmbedder().embed(texts)) == [vector(text) for text in texts]
