"""Rows of the tables that stand in several reports."""

import pytest
from support import samples

from rag_eval.records import Movement
from rag_eval.reports import rows


@pytest.mark.parametrize(
    ("a", "b", "unit", "says"),
    [
        (0.5, 1.0, "", "0.50 → 1.00"),
        (0.501, 0.502, "", "0.501 → 0.502"),
        (1.2, 3.4, "s", "1.20 → 3.40 s"),
    ],
)
def test_a_movement_has_as_many_digits_as_show_it(a: float, b: float, unit: str, says: str) -> None:
    """With its unit once."""
    assert rows.movement(Movement(case_id="c", user_input="q", a=a, b=b), unit) == says


def test_an_overview_has_a_row_for_each_run_against_the_first() -> None:
    """With what else it lost, but for the metric that the row is about."""
    compared = [samples.comparison(), samples.comparison(b="other", regressed=("faithfulness", "latency"))]
    table = rows.overview_rows(compared)
    assert [row[0] for row in table] == [compared[0].b, "other"]
    assert [row[-1] for row in table] == ["–", "latency"]
    assert {len(row) for row in table} == {len(rows.overview_heads(compared))}
