"""What counts as a word in the staging service."""

import pytest

from rag_eval.staging.tokenizer import stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Ferry, at 07:30!", ["ferry", "07:30"]),
        ("costs 1,200.50 or 12.50", ["costs", "1,200.50", "12.50"]),
        ("Grüße_an Åland", ["grüße", "åland"]),
        ("the of and", []),
        ("", []),
    ],
)
def test_words_are_cut_in_their_order(text: str, expected: list[str]) -> None:
    """In small letters, without stop words; prices, times and large numbers stay whole."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("many", "single"),
    [
        ("ferries", "ferry"), ("zombeies", "zombeies"), ("houses", "house"), ("shoes", "shoe"), ("boats", "boat"),
        ("campus", "campus"), ("glass", "glass"), ("tide", "tide"),
    ],
)  # fmt: skip
def test_plurals_lose_their_ending(many: str, single: str) -> None:
    """By Harman's three rules: the first that fits, or none."""
    expected = {"zombeies": "zombeie", "shoes": "shoe"}.get(many, single)
    assert stems(many) == {expected}
