"""Whether two numbers of texts are one, in whatever unit, scale or format, as far as their digits go."""

import re
from decimal import Decimal
from typing import Final

from rag_eval.language.quantities import Quantity
from rag_eval.language.units import LOOSE_UNITS, TIMES_WORDS

FEWEST_STEPS: Final = 10
"""How many times its last digit a number must be to stand for another one that is rounded to it."""

LEAST_DIGITS: Final = 3
"""Significant digits from which a number without scale is taken for one in thousands, millions or billions."""


def gives(number: Quantity, wanted: Quantity) -> bool:
    """Whether a number is the one that is wanted, as far as their digits go, in unit, scale and sign.

    Of a date, the year may be left out, and nothing else that is wanted.
    """
    if number.kind != wanted.kind:
        return _has_year(number, wanted) or (wanted.values[1:] == (None, None) and _has_year(wanted, number))
    if number.kind == "number":
        if number.per and wanted.per and number.per != wanted.per:
            return False
        return not _opposed(number, wanted) and _equal(number, wanted)
    pairs = list(zip(number.values, wanted.values, strict=True))
    late = pairs[1:] if number.values[0] is None else pairs
    return all(a == b for a, b in late if b is not None)


def comparable(left: Quantity, right: Quantity) -> bool:
    """Whether two numbers may speak of the same thing: both dates, times of day, or amounts in like units."""
    if left.kind != right.kind or _counts_things(left, right):
        return False
    return left.kind != "number" or left.unit == right.unit or (left.unit in LOOSE_UNITS and right.unit in LOOSE_UNITS)


def _opposed(left: Quantity, right: Quantity) -> bool:
    if "either" in (left.sign, right.sign):
        return False
    if left.direction * right.direction < 0:
        return True
    return "minus" in (left.sign, right.sign) and 0 in (left.direction, right.direction)


def _counts_things(left: Quantity, right: Quantity) -> bool:
    """Whether one is "twice" and the other one, "two hens", is no number of times."""
    often = any(quantity.text.lower().startswith(tuple(TIMES_WORDS)) for quantity in (left, right))
    return often and {left.unit, right.unit} != {"times"}


def _equal(left: Quantity, right: Quantity) -> bool:
    units = {left.unit, right.unit}
    if _counts_things(left, right):
        return False
    a, b = left.values[0] or Decimal(0), right.values[0] or Decimal(0)
    if "percent" in units and units & LOOSE_UNITS:
        loose, exact = (left, right) if left.unit in LOOSE_UNITS else (right, left)
        x, y = (loose.values[0] or Decimal(0)), (exact.values[0] or Decimal(0))
        return _near(x, y, loose.step, exact.step) or _near(x * 100, y, loose.step * 100, exact.step)
    if len(units) == 2 and ("times" in units or not units & LOOSE_UNITS) and not units <= LOOSE_UNITS:  # noqa: PLR2004
        return False
    if left.unit != right.unit and not (left.unit in LOOSE_UNITS and right.unit in LOOSE_UNITS):
        return _near(a, b, left.step, right.step) or _bare(left, right) or _scaled(left, right)
    return _near(a, b, left.step, right.step) or _scaled(left, right)


def _bare(left: Quantity, right: Quantity) -> bool:
    """Whether a number without unit is the other one's as written: "30" for "30 minutes"."""
    a, b = ((quantity.values[0] or Decimal(0)) / quantity.times for quantity in (left, right))
    return _near(a, b, left.step / left.times, right.step / right.times)


def _near(a: Decimal, b: Decimal, step_a: Decimal, step_b: Decimal) -> bool:
    """Whether one of two values is the other one rounded to its own digits, of which a single one says too little."""
    step = max(step_a, step_b)
    return a == b or (abs(a - b) * 2 < step and step * FEWEST_STEPS <= max(a, b))


def _scaled(left: Quantity, right: Quantity) -> bool:
    """Whether one has its scale written and the other, of many digits, stands in a table of thousands or more."""
    if left.scaled == right.scaled:
        return False
    full, short = (left, right) if left.scaled else (right, left)
    a, b = full.values[0] or Decimal(0), short.values[0] or Decimal(0)
    if len(b.normalize().as_tuple().digits) < LEAST_DIGITS and len(re.sub(r"\D", "", short.text)) < LEAST_DIGITS:
        return False
    return any(_near(a, b * 10**power, full.step, short.step * 10**power) for power in (3, 6, 9))


def _has_year(date: Quantity, number: Quantity) -> bool:
    """Whether a plain number is the year of a date."""
    return date.kind == "date" and number.kind == "number" and not number.unit and date.values[0] == number.values[0]
