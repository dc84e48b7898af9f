"""The numbers of a text, with what they count and how they are written."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.language.quantities import quantities


def test_numbers_of_names_and_versions_are_none() -> None:
    """What is part of a name, a version or an order is no quantity, nor is the pronoun."""
    assert quantities("Berth B12 runs version 1.2.3; the 20th is the one.") == ()


def test_an_article_behind_a_number_is_no_ampere() -> None:
    """What a person reads of a number ends before it; an ampere has a capital or is written out."""
    assert [(number.text, number.unit) for number in quantities("It costs £11 a head, with a 5 A fuse.")] == [
        ("£11", "pound"),
        ("5 A", "ampere"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It stands on the State Quarter.",
        "Sales rose in the third quarter.",
        "It was won in the second half.",
        "They live in the French Quarter.",
        "Once a member, always a member.",
        "There are dozens of half-price tickets.",
    ],
)
def test_names_and_periods_are_no_fractions(text: str) -> None:
    """A quarter of a city, of a year or of a game is no number, nor is a half of it."""
    assert quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("It weighs 2 kilograms.", (2000,), "gram"),
        ("It takes half an hour.", (1800,), "second"),
        ("It is 5 公里 away.", (5000,), "metre"),
        ("It cost €1.2 million.", (1_200_000,), "euro"),
        ("Twice a week.", (2,), "times"),
    ],
)
def test_a_value_is_in_the_unit_that_others_are_counted_in(text: str, values: tuple[int, ...], unit: str) -> None:
    """Kilograms in grams, hours in seconds; a scale is multiplied out."""
    [quantity] = quantities(text)
    assert (quantity.values, quantity.unit) == (tuple(map(Decimal, values)), unit)


@pytest.mark.parametrize(
    ("text", "sign", "direction"),
    [
        ("($0.4) billion", "minus", -1),
        ("$(1,561) million", "minus", -1),
        ("($245) million", "minus", -1),
        ("($245)", "either", 0),
        ("Net income was -245.", "minus", -1),
        ("It came to -1,561.", "minus", -1),
        ("It rose to 1,561.", "", 1),
        ("It rose in 1561.", "", 0),
    ],
)
def test_what_accounts_put_in_brackets_is_below_nought(text: str, sign: str, direction: int) -> None:
    """Before a scale surely, else perhaps; a number with a comma is no year, which neither rises nor falls."""
    [quantity] = quantities(text)
    assert (quantity.sign, quantity.direction) == (sign, direction)


def test_dates_and_times_of_day_are_read_before_the_numbers_in_them() -> None:
    """In order of the text, each with what is written of it."""
    found = quantities("It opens on 3 May 2021 at 6 pm for 12 people.")
    assert [quantity.kind for quantity in found] == ["date", "clock", "number"]
    assert found[0].values == (Decimal(2021), Decimal(5), Decimal(3))


@given(st.text(alphabet="0123456789.,-()$%\u20ac kmbn/:\u5e74\u6708", max_size=30))
def test_places_are_those_of_the_text(text: str) -> None:
    """Each number stands where it says, and none overlaps another."""
    found = quantities(text)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert all(quantity.start < quantity.end for quantity in found)
