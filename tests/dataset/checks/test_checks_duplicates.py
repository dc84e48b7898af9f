"""Answers that cannot both hold are a contradiction, the same answer in other words is a duplicate."""

import pytest

from rag_eval.dataset.checks import CheckContext, duplicates
from rag_eval.records import Case

BELL = "The bell of the old harbour tower, cast by {} in Bergen, was hung in {} above the customs house."


def verdict(one: str, other: str) -> set[str]:
    """The checks that two cases with one question and these references fail."""
    question = "What is known about the bell of the harbour tower?"
    cases = [Case(id=name, user_input=question, reference=text) for name, text in (("a", one), ("b", other))]
    context = CheckContext(cases=cases)
    pairs = (duplicates.CONTRADICTION, duplicates.DUPLICATE, duplicates.PARAPHRASE)
    return {check.name for check in pairs if any(check.find(context))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BELL.format("Mira Okafor", "1936"), BELL.format("Mira Okafor", "1963")),
        (BELL.format("Mira Okafor", "1936"), BELL.format("Lena Holt", "1936")),
        (BELL.format("Mira Okafor", "1936"), BELL.format("Mira Okafor", "1936").replace("was", "was not")),
        (BELL.format("Mira Okafor", "1936"), BELL.format("Mira Okafor", "1936").replace("above", "below")),
        (BELL.format("Mira Okafor", "1936"), BELL.format("Mira Okafor", "1936").replace("was", "was never")),
        ("Nobody rings it. It is not rung by hand.", "Nobody rings it. It is rung by hand."),
        ("The tower is open on Sundays.", "The tower is closed on Sundays."),
        ("Always ring it before noon.", "Never ring it before noon."),
        ("It was hung in 1936.", "1963"),
        ("Bergen", "Oslo"),
    ],
)
def test_what_cannot_both_hold_is_a_contradiction(one: str, other: str) -> None:
    """Another number or name, a negation or an antonym in an answer that is otherwise the same."""
    assert verdict(one, other) == verdict(other, one) == {"contradiction"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BELL.format("Mira Okafor", "1936"), BELL.format("Mira Okafor", "1936")),
        (BELL.format("Mira Okafor", "1936"), "It was cast by Mira Okafor in Bergen. " + BELL.format("her", "1936")),
        ("It opens at nine.", "The tower opens at 9."),
        ("Visitors are not allowed.", "Visitors are prohibited."),
        ("A visit costs 45 euros a day.", "45 euros is what a visit costs per day."),
        ("It won't ring at night.", "It will not ring at night."),
        ("It won the prize of the town.", "It won the town's prize."),
        ("Bergen", "Bergen, on the west coast of Norway"),
        ("1936", "It was hung in 1936."),
    ],
)
def test_the_same_in_other_words_is_a_duplicate(one: str, other: str) -> None:
    """More exact, turned around, a negated antonym, a number in words: nothing that the other denies."""
    assert verdict(one, other) == verdict(other, one) == {"duplicate"}
