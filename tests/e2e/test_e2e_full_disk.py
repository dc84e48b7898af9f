"""A disk that is full, read-only, or full when the run is killed: a sentence, 3, and the same numbers in the end."""

from pathlib import Path

import pytest
from support.forker import Forker
from support.small_disk import small_disk, trial, whole, why_not


@pytest.mark.slow
def test_a_small_disk(tmp_path: Path, forker: Forker) -> None:
    """Three moments; `bench/full_disk.py` tries twenty."""
    if lack := why_not():
        pytest.skip(f"no disk can be mounted here: {lack}")
    experiment, expected, size = whole(tmp_path / "whole")
    with small_disk(tmp_path / "disk", 4_000_000) as disk:
        for between, room in enumerate((3 * size // 4, size // 2, 8_192)):
            codes, came = trial(disk, experiment, room, forker.run, between, 0.1)
            assert codes[0] == 3
            assert came == expected
