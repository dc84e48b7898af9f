"""What a sweep comes to, as it is looked up again."""

import pytest
from support.ranking import result, row

from rag_eval.sweep.result import SweepResult


def test_a_variant_is_known_by_all_of_its_label() -> None:
    """One that begins alike is another."""
    swept = result(row(1, "k=1", 0.5), row(2, "k=10", 0.6))
    assert swept.variant("k=1").number == 1
    assert swept.variant("k=10").number == 2
    with pytest.raises(StopIteration):
        swept.variant("k")


@pytest.mark.parametrize("folder", ["runs/run-2", "runs/run-2/", "/abs/deep/run-2", "run-2"])
def test_a_comparison_is_found_by_the_run_of_its_variant(folder: str) -> None:
    """Wherever that lies; the baseline is compared with nobody."""
    swept = result()
    comparison = swept.against(row(2, "k=2", 0.65, run=folder))
    assert comparison is not None
    assert comparison.b == "run-2"
    assert swept.against(swept.variant(swept.baseline)) is None
    assert swept.against(row(9, "k=9", 0.1)) is None


def test_a_result_survives_its_file() -> None:
    """What has no value, no rank and no interval has none afterwards."""
    swept = result(row(1, "k=1", 0.7), row(2, "k=2", None, share=None, p_best=None), value=None, leader=None)
    again = SweepResult.model_validate_json(swept.model_dump_json())
    assert again == swept
    assert (again.variant("k=2").quality, again.variant("k=2").rank, again.leader) == (None, None, None)
