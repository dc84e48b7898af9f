"""Texts are cut where a sentence ends, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.language.sentences import abbreviated, sentences, shorten


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dr. Smith sails. He pays 4.5 euros! Why?", ["Dr. Smith sails.", "He pays 4.5 euros!", "Why?"]),
        ("", []),
        ("---", []),
        ("One thing", ["One thing"]),
    ],
)
def test_a_stop_inside_a_sentence_ends_none(text: str, parts: list[str]) -> None:
    """Titles, numbers and rules of layout."""
    assert sentences(text) == parts


@pytest.mark.parametrize(("ending", "so"), [("with Dr.", True), ("by J.", True), ("the end.", False), ("", False)])
def test_abbreviations_are_known(ending: str, *, so: bool) -> None:
    """And initials."""
    assert abbreviated(ending) == so


@given(st.text(), st.integers(2, 60))
def test_a_text_is_shortened_to_its_limit(text: str, limit: int) -> None:
    """At a word, with a mark; a short one stays as it is, but for its white space."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == " ".join(text.split()) or short.endswith("…")
