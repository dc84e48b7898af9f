"""Answers that cannot both hold are a contradiction, the same answer in other words is none."""

import pytest

from rag_eval.dataset.checks.contradictions import contradicts


def test_texts_about_different_things_are_not_compared() -> None:
    """A negation in one says nothing about a sentence of the other that speaks of something else."""
    assert contradicts("Dogs travel free of charge.", "The library does not lend maps.") is None


@pytest.mark.parametrize(
    ("first", "second", "so"),
    [
        ("Yes, dogs are allowed on the beach.", "No, dogs are not allowed on the beach.", True),
        ("Yes, dogs are allowed.", "Yes. Dogs are allowed.", False),
        ("It was built on 3 May 1988.", "It was built on 3 June 1988.", True),
        ("It was built on 3 May 1988.", "It was built in May 1988.", False),
        ("A permit is required.", "A permit isn't required.", True),
        ("The pool opens at 6 am.", "It opens at six in the morning.", False),
        ("The pool opens at 6 am.", "The pool opens at 7 am.", True),
        ("泳池早上六点开门。", "泳池早上八点开门。", True),
        ("这里可以拍照。", "这里不可以拍照。", True),
        ("这里可以拍照。", "泳池早上八点开门。", None),
        (
            "The Governor of Canada lives in Ottawa, in Canada.",
            "The Governor of Canada lives in Ottawa, in Peru.",
            True,
        ),
        ("Mills in New England sold their cloth there.", "Mills in South Wales sold their cloth there.", True),
        ("In 1892 the Russian biologist found it in leaves.", "In 1892 the Dutch biologist found it in leaves.", True),
        ("He moved to the United Kingdom in that year.", "He moved to the UK in that year.", False),
        ("It was led by Robert Lee at that time.", "It was led by Robert E. Lee at that time.", False),
        ("The fee is 1,200 euros for a whole year.", "The fee is 1200 euros for a whole year.", False),
    ],
)
def test_what_cannot_both_hold(first: str, second: str, so: bool | None) -> None:  # noqa: FBT001
    """Yes and no, another date, a negation of a word that is one of a pair; a time of day in two spellings is one."""
    assert contradicts(first, second) is contradicts(second, first) is so
