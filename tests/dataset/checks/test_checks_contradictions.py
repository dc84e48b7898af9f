"""Answers that cannot both hold are a contradiction, the same answer in other words is none."""

import pytest

from rag_eval.curation.wordwise import objection
from rag_eval.dataset.checks import CheckContext, duplicates
from rag_eval.dataset.checks.contradictions import contradicts
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


def test_texts_about_different_things_are_not_compared() -> None:
    """A negation in one says nothing about a sentence of the other that speaks of something else."""
    assert contradicts("Dogs travel free of charge.", "The library does not lend maps.") is None


CONTEXTS = (
    "The library of Aldermouth was founded in 1921 by Anna Moor. Readers can borrow up to ten books for four weeks.",
    "Maps aren't lent out. The reading room does n't close before nine in winter. Its choir won a prize in Rome.",
)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("The library of Aldermouth was not founded by Anna Moor in 1921.", "negated"),
        ("Readers can never borrow up to ten books for four weeks.", "negated"),
        ("The reading room closes before nine in winter.", "negated"),
        ("The library was founded in 1921 by Greta Lindqvist.", "Greta Lindqvist"),
        ("Tomasz Wilk", "Tomasz Wilk"),
        ("The library of Aldermouth was founded by Anna Moor in 1921.", ""),
        ("No. Maps are not lent out.", ""),
        ("The reading room doesn't close before nine in winter.", ""),
        ("Its choir won a prize in Rome.", ""),
        ("Founded by Mrs. Anna Moor (Greta's sister), it is the library of Aldermouth.", ""),
    ],
)
def test_words_show_that_contexts_deny_a_reference(reference: str, why: str) -> None:
    """A negation that only one side has, and names of which no context holds a word; nothing where both agree."""
    found = objection(reference, CONTEXTS, "What is known about the library?")
    assert why in found
    assert bool(found) == bool(why)
