"""How much longer each reader takes for twice as long a text, up to a million characters.

    python bench/hostile.py [READER …]

Prints the worst of each reader; ends with 1 where one takes more than 2.3 times as long.
"""

import sys
import time

from support.hostile_texts import READERS, WALLS, read

MOST = 2.3
LONGEST = 1_000_000
_SHORT_S = 0.25
"""Seconds of CPU below which a measurement says nothing."""


def seconds(reader: str, text: str) -> float:
    """CPU time of a reading, the shorter of two."""
    times = []
    for _ in range(2):
        began = time.process_time()
        read(reader, text)
        times.append(time.process_time() - began)
    return min(times)


def growth(reader: str, wall: str) -> tuple[float, int, float]:
    """The worst factor from one doubling to the next, at which length, and the time there."""
    worst, size, before = (0.0, 0, 0.0), 31_250, 0.0
    while size <= LONGEST:
        took = seconds(reader, WALLS[wall](size))
        if before > _SHORT_S / 2:
            worst = max(worst, (took / before, size, took))
        before, size = took, 2 * size
    return worst


def main() -> None:
    """Measure every reader, or those that are named."""
    missed = False
    for reader in sys.argv[1:] or READERS:
        (factor, size, took), wall = max((growth(reader, wall), wall) for wall in WALLS)
        missed |= factor > MOST
        print(f"{reader:28} × {factor:.2f} at {size:>9,} of {wall} ({took:.2f} s)", flush=True)
    sys.exit(int(missed))


if __name__ == "__main__":
    main()
