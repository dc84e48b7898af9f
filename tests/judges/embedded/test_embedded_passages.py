"""A context is read once, with the place of each word."""

from rag_eval.judges.embedded.passages import numbers_with_units, read_passages, spelled
from rag_eval.language.words import tokens


def test_each_term_has_its_places() -> None:
    """Across all sentences of a context."""
    passages = read_passages("The ferry leaves at nine. The ferry is full.")
    assert len(passages.places["ferri"]) == 2
    assert passages.holds("full")
    assert not passages.holds("dog")


def test_numbers_are_found_with_their_units() -> None:
    """Signs of currencies stand before, units behind."""
    assert numbers_with_units(tokens("It costs 5 euros and £7, for 12 people")) == [("5", "euro"), ("7", "pound")]
    assert numbers_with_units(tokens("no number")) == []


def test_a_term_knows_the_place_of_its_token() -> None:
    """In the order of the text."""
    assert [(place, term.key) for place, term in spelled(["ferries", "sail"])] == [(0, "ferri"), (1, "sail")]
