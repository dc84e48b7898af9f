"""The longest run of words that two texts share."""

from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st
from support.growth import grows_linearly

from rag_eval.language.sequences import WordSequence

_WORDS = st.lists(st.sampled_from("abc"), max_size=14)


@given(_WORDS, _WORDS)
def test_it_is_the_longest(ours: list[str], theirs: list[str]) -> None:
    """As long as trying every run would find it."""
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match().size
    assert WordSequence(ours).longest_run(theirs) == run


def test_a_text_that_repeats_itself() -> None:
    """Takes time in proportion to its length."""
    assert grows_linearly(lambda size: WordSequence(["a"] * size).longest_run(["a"] * size), 40_000)
