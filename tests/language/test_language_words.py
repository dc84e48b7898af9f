"""Words are compared in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.language.words import has_tokens, lowered, roman, same_root, stem, terms, tokens


def _keys(text: str) -> list[str]:
    return [term.key for token in tokens(text) for term in terms(token)]


@pytest.mark.parametrize(
    ("left", "right"),
    [("ferries", "ferry"), ("colour", "color"), ("twenty-one", "21"), ("1,000", "1000"), ("3rd", "third")],
)
def test_two_spellings_are_one_word(left: str, right: str) -> None:
    """Endings, British and American, numbers in words and in digits."""
    assert _keys(left) == _keys(right)


def test_a_token_has_its_kind() -> None:
    """Function words, words, figures and units."""
    kinds = [term.kind for token in tokens("The ferry costs 5 euros") for term in terms(token)]
    assert kinds == ["stop", "word", "word", "figure", "unit"]


def test_a_date_is_three_figures() -> None:
    """And its month is what the name of the month is."""
    assert [term.key for term in terms("2024-05-01")][1] == terms("May")[0].key


def test_a_contraction_is_cut() -> None:
    """So that its negation is seen."""
    assert lowered("They don\u2019t sail") == ("they", "do", "not", "sail")


@pytest.mark.parametrize(("word", "value"), [("XIV", "14"), ("II", "2"), ("I", ""), ("MIX", ""), ("boat", "")])
def test_roman_numerals(word: str, value: str) -> None:
    """From two to thirty-nine; other words are none."""
    assert roman(word) == value


def test_words_of_one_root() -> None:
    """Not all that begin alike are."""
    assert same_root("navigabl", "navigation")
    assert not same_root("ferri", "ferment")
    assert stem("sailing") == stem("sails")


@given(st.text() | st.text("a_%€½²'.-—?! \n\u0e31\u0e50\u0301\u3007\u2160\u20e3\u0488"))
def test_whether_a_text_has_tokens_is_told_without_them(text: str) -> None:
    """In every script, vowel signs and digits by themselves too."""
    assert has_tokens(text) == bool(tokens(text))
