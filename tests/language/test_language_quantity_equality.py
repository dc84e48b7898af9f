"""Numbers are equal however they are written, and different where they say something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.language.quantities import quantities
from rag_eval.language.quantity_equality import comparable, gives


def equal(one: str, other: str) -> bool:
    """Whether two texts give the same number."""
    return any(gives(a, b) for a in quantities(one) for b in quantities(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,577 million", "$1.577 billion"),
        ("$1577.00", "$1,577 million"),
        ("$1.6 billion", "$1,577 million"),
        ("$8.70", "$8.738 billion"),
        ("12.5 %", "0.125"),
        ("50 bps", "0.5%"),
        ("60 km", "60 kilometres"),
        ("half an hour", "30 minutes"),
        ("Half a litre", "0.5 litres"),
        ("four and a half hours", "4.5 hours"),
        ("a two-and-a-half-year lease", "30 months"),
        ("an hour and a half", "90 minutes"),
        ("one and a quarter miles", "1.25 miles"),
        ("one and three quarters", "1.75"),
        ("1 1/2 hours", "1.5 hours"),
        ("2\u00bd hours", "2.5 hours"),
        ("\u00bd litre", "0.5 litres"),
        ("a quarter of the boats", "25 %"),
        ("three quarters of an hour", "45 minutes"),
        ("it is reduced by a quarter", "a reduction of 25 %"),
        ("two thirds", "66.7 %"),
        ("two and a half million", "2.5 million"),
        ("twice a week", "2 times per week"),
        ("thrice", "3 times"),
        ("once a day", "1 time per day"),
        ("a dozen", "12"),
        ("half a dozen", "6"),
        ("half a million euros", "500,000 euros"),
        ("four hundred thousand", "400,000"),
        ("1/2 an hour", "30 minutes"),
        ("two dozen eggs", "24"),
        ("two years", "24 months"),
        ("twenty-five euros", "\u20ac25"),
        ("-0.9%", "(0.9)%"),
        ("it shrank by 0.9%", "a decrease of 0.9 percent"),
        ("a net loss of $45 million", "-$45 million"),
        ("-0.02", "(0.02)"),
        ("93.86", "93.9 days"),
        ("3 May 2021", "2021-05-03"),
        ("May 3, 2021", "03.05.2021"),
        ("6 pm", "18:00"),
        ("noon", "12:00"),
        ("31 March 1889", "1889"),
        ("45\u6b27\u5143", "45 euros"),
        ("2021\u5e743\u67085\u65e5", "5 March 2021"),
    ],
)
def test_two_ways_of_writing_a_number_are_one(one: str, other: str) -> None:
    """Unit, scale, sign, date and rounding are read."""
    assert equal(one, other)
    assert other == "1889" or equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("45 euros", "50 euros"),
        ("60 km", "60 miles"),
        ("30 minutes", "30 hours"),
        ("-3.7%", "3.7%"),
        ("grew by 3.7%", "fell by 3.7%"),
        ("$1577", "$1,677 million"),
        ("5 million", "5"),
        ("6 pm", "6 am"),
        ("3 May 2021", "4 May 2021"),
        ("1989", "24 July 1989"),
        ("5", "\u00a35.50"),
        ("four and a half hours", "5.5 hours"),
        ("four and a half hours", "4 hours"),
        ("2\u00bd hours", "2 hours"),
        ("an hour and a half", "1 hour"),
        ("half a litre", "2 litres"),
        ("half a dozen", "12"),
        ("twice a week", "3 times a week"),
        ("twice a week", "twice a day"),
        ("twice a week", "2 weeks"),
        ("twice", "two hens"),
    ],
)
def test_numbers_that_differ_are_two(one: str, other: str) -> None:
    """Another value, unit, scale, sign or hour is another number; a year alone is not the day that is wanted."""
    assert not equal(one, other)


@given(st.text(alphabet="0123456789.,-()$%\u20ac kmbn/:\u5e74\u6708", max_size=30))
def test_any_text_can_be_read(text: str) -> None:
    """No spelling breaks the reading, and a number is always itself."""
    assert all(gives(number, number) for number in quantities(text))


@pytest.mark.parametrize(
    ("left", "right", "so"),
    [
        ("5 km", "300 metres", True),
        ("5 km", "3 hours", False),
        ("5", "twice", False),
        ("3 May 2021", "4 June", True),
        ("3 May 2021", "6 pm", False),
        ("12", "3 times", True),
    ],
)
def test_numbers_are_compared_where_they_may_speak_of_one_thing(left: str, right: str, *, so: bool) -> None:
    """Amounts in like units, dates and times of day, each among themselves."""
    [first], [second] = quantities(left), quantities(right)
    assert comparable(first, second) == comparable(second, first) == so
