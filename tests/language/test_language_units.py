"""The tables of units lead somewhere, and each name to one thing."""

from decimal import Decimal

import pytest

from rag_eval.language.lexicon import UNITS
from rag_eval.language.quantities import quantities
from rag_eval.language.units import BASES, CURRENCIES, LOOSE_UNITS, SCALES, UNITS_OF_OTHER_SCRIPTS


def test_a_base_is_no_unit_that_has_one_itself() -> None:
    """Else a number would be reduced by half of the way."""
    assert not {base for base, _ in BASES.values()} & {*BASES}
    assert all(Decimal(factor) > 0 for _, factor in BASES.values())
    assert not LOOSE_UNITS & {*BASES}


@pytest.mark.parametrize(("name", "unit"), UNITS_OF_OTHER_SCRIPTS.items())
def test_a_unit_of_another_script_is_one_that_is_known(name: str, unit: str) -> None:
    """By the name that a text in English gives it, reduced in the same way."""
    assert unit in {*UNITS.values(), *CURRENCIES.values()}
    [quantity] = quantities(f"7 {name}")
    assert quantity.unit == BASES.get(unit, (unit, "1"))[0]


@pytest.mark.parametrize("scale", [scale for scale in SCALES if scale.isascii() and len(scale) > 3])
def test_a_scale_multiplies(scale: str) -> None:
    """By the power of ten that stands with it."""
    [quantity] = quantities(f"7 {scale}")
    assert (quantity.values, quantity.scaled) == ((Decimal(7) * 10 ** SCALES[scale],), True)
