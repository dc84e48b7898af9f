"""A number that no context holds may have been worked out of those that it holds."""

from decimal import Decimal

import pytest

from rag_eval.judges.embedded.figures import numbers, unfounded, worked_out


def test_numbers_are_read_in_words_and_digits() -> None:
    """Each once."""
    assert numbers("Two and 7 and two make 9") == [Decimal(2), Decimal(7), Decimal(9)]


@pytest.mark.parametrize(
    ("number", "so"), [("9", True), ("5", True), ("14", True), ("3.5", True), ("0.14", True), ("11", False)]
)
def test_sums_differences_products_quotients_and_percentages(number: str, *, so: bool) -> None:
    """Of two and seven."""
    assert worked_out(Decimal(number), [Decimal(2), Decimal(7)]) == so


def test_a_rounded_number_follows() -> None:
    """Up, down and to the steps that people round to."""
    assert worked_out(Decimal(50), [Decimal(47)])
    assert worked_out(Decimal("12.5"), [Decimal("12.3")])
    assert not worked_out(Decimal(60), [Decimal(47)])


def test_what_follows_from_nothing_is_named() -> None:
    """A number of the question counts as known."""
    assert unfounded("It is 9.", "2 and 7", "?") == ""
    assert unfounded("It is 23.", "2 and 7", "?") == "23"
    assert unfounded("It is 23.", "2 and 7", "Is it 23?") == ""
