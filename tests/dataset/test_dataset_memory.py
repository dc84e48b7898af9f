"""How much memory reading takes when there are five times as many rows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

MOST = 1.12
"""Peak with 25,000 rows over that with 5,000; a kilobyte kept of each row would make it 1.25."""


def _peak(repository: Path, rows: int) -> int:
    """MB of a process that does nothing but read so many rows, as the measurement prints them."""
    script = repository / "bench" / "million.py"
    done = subprocess.run([sys.executable, script, str(rows), "read"], capture_output=True, text=True, check=True)
    told = re.search(rf"read: {rows:,} rows .* peak (\d+) MB", done.stdout)
    assert told, done.stdout
    return int(told[1])


@pytest.mark.slow
def test_memory_does_not_grow_with_rows(repository: Path) -> None:
    """Parquet of one row group, every id remembered: five times the rows take hardly more at the peak."""
    assert _peak(repository, 25_000) <= MOST * _peak(repository, 5_000)
