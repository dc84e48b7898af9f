"""Which questions are one question."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag_eval.dataset.similarity import NEAR, Index, alike, gist, jaccard

_SOME = (
    "How many dogs may travel on the ferry?",
    "How many cats may travel on the ferry?",
    "When does the last ferry to the island leave on Sunday?",
    "Can I bring a bicycle on board without a ticket?",
    "What does a ticket to Oslo cost in winter?",
)
"""Other questions, so that words have a rarity."""


def _one(first: str, second: str) -> bool:
    index = Index([first, second, *_SOME])
    near = {(i, j) for i, j, _ in index.pairs(NEAR)}
    return (0, 1) in near and alike(index.gists[0], index.gists[1])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("When does the harbour office open?", "When does the harbour office open?"),
        ("When does the harbour office open?", "when DOES the Harbour offices open"),
        ("When does the office open?", "When is it that the office opens?"),
        ("Is the café open at 5 p.m.?", "Is the cafe open at 17:00?"),
        ("Can I cancel a booking of 1,000 euros?", "Could I cancel my booking of 1000 euros?"),
        ("Why can't I book a cabin?", "Why can’t I book a cabin?"),
        ("How many cabins are there?", "How many cabins do they have?"),
        ("And the price of a cabin?", "What is the price of a cabin?"),
    ],
)
def test_one_question(first: str, second: str) -> None:
    """Questions that differ in case, endings, accents, spelling of numbers and little words are one."""
    assert _one(first, second)
    assert _one(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What does a ticket for 2 adults cost?", "What does a ticket for 3 adults cost?"),
        ("What does a ticket for two adults cost?", "What does a ticket for three adults cost?"),
        ("What happened to the ferry in 2019?", "What happened to the ferry in 2020?"),
        ("Does the ferry leave at 5 p.m.?", "Does the ferry leave at 5 a.m.?"),
        ("Which cabins allow dogs?", "Which cabins do not allow dogs?"),
        ("Why can I book a cabin?", "Why can't I book a cabin?"),
        ("Why can I book a cabin?", "Why can’t I book a cabin?"),
        ("Why must I book a cabin?", "Why mustn't I book a cabin?"),
        ("Who built the harbour?", "When was the harbour built?"),
        ("How many cabins are booked?", "Why are cabins booked?"),
        ("Where is the ticket office?", "What is the ticket office?"),
        ("How long is the ferry?", "What is the ferry?"),
        ("When does the harbour office open?", "When does the harbour office close?"),
        ("", ""),
        ("Who is it?", "Who was that?"),
    ],
)
def test_two_questions(first: str, second: str) -> None:
    """Questions that differ in a number, a negation, what they ask for or a word that counts are two."""
    assert not _one(first, second)
    assert not _one(second, first)


_WORDS = st.sampled_from(
    ["dog", "dogs", "ferry", "the", "not", "5", "five", "who", "when", "how many", "cabin", "Oslo", "can't", "é", "日"]
)
_QUESTIONS = st.lists(st.lists(_WORDS, max_size=6).map(" ".join) | st.text(max_size=15), max_size=8)


def _brute(texts: list[str]) -> dict[tuple[int, int], float]:
    gists = [gist(text).words for text in texts]
    held = {word: sum(word in words for words in gists) for words in gists for word in words}
    weight = {word: math.log(1 + (len(texts) + 1) / (count + 0.5)) for word, count in held.items()}
    return {
        (i, j): sum(weight[word] for word in gists[i] & gists[j]) / sum(weight[word] for word in gists[i] | gists[j])
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if gists[i] & gists[j]
    }


@settings(deadline=None)
@given(_QUESTIONS, st.sampled_from([0.0, 0.3, 0.85]))
@example([], 0.0)
@example([""], 0.0)
def test_pairs(texts: list[str], least: float) -> None:
    """Each two texts with words in common come once, with the weighed Jaccard index that the definition gives."""
    found = list(Index(texts).pairs(least))
    exact = _brute(texts)
    assert len({(i, j) for i, j, _ in found}) == len(found)
    assert {(i, j) for i, j, _ in found} >= {pair for pair, share in exact.items() if share > least + 1e-9}
    for i, j, share in found:
        assert i < j
        assert share == pytest.approx(exact[i, j])
        assert share >= least


def test_pairs_over_blocks() -> None:
    """Pairs of which one stands far behind the other are found too."""
    texts = [f"word{number}" for number in range(600)] * 2
    found = {(i, j) for i, j, _ in Index(texts).pairs(NEAR)}
    assert found == {(number, number + 600) for number in range(600)}


@settings(deadline=None)
@given(st.lists(_WORDS, max_size=6).map(" ".join), st.lists(_WORDS, max_size=6).map(" ".join))
def test_symmetric(first: str, second: str) -> None:
    """It does not matter which of two questions comes first, and a question is alike to itself."""
    one, other = gist(first), gist(second)
    assert alike(one, other) is alike(other, one)
    assert alike(one, one)
    assert jaccard(one, other) == jaccard(other, one)
    pairs = [
        [share for i, j, share in Index(texts).pairs(0) if (i, j) == (0, 1)]
        for texts in ([first, second], [second, first])
    ]
    assert pairs[0] == pytest.approx(pairs[1])


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [("dogs and cats", "a dog", 0.5), ("dogs", "dogs", 1), ("dogs", "cats", 0), ("", "", 0), ("the", "dogs", 0)],
)
def test_jaccard(first: str, second: str, share: float) -> None:
    """The plain index is the share of stems in common, and nothing where there are none."""
    assert jaccard(gist(first), gist(second)) == share


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("How many dogs?", "number"),
        ("Why?", "reason"),
        ("In which year was it?", "time"),
        ("What city is it?", "place"),
        ("Whose dog is it?", "person"),
        ("How does it work?", "way"),
        ("What is it?", "thing"),
        ("Is it so?", ""),
        ("Somehow whatever", ""),
    ],
)
def test_asks(text: str, asks: str) -> None:
    """What a question asks for is told by its question words."""
    assert gist(text).asks == asks


@pytest.mark.parametrize(
    "opened",
    [
        "Hello, I could not find it anywhere: when was the museum founded?",
        "I would like to know: when was the museum founded?",
        "Please can you say me, when was the museum founded?",
        "Could you please tell us when was the museum founded",
        "In which year was the museum founded?",
    ],
)
def test_polite_words_make_no_other_question(opened: str) -> None:
    """Nor does another way of asking for a time."""
    one, other = gist("When was the museum founded?"), gist(opened)
    assert one.words == other.words
    assert alike(one, other)
