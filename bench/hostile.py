"""How much longer each reader takes for twice as long a text, up to a million characters.

    python bench/hostile.py [READER …]

Every wall is read at 62,500 and 250,000 characters, and the three of a reader that grew most up to a million. Prints
the worst doubling of each reader in CPU time; ends with 1 where one takes more than 2.3 times as long.
"""

import gc
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.hostile_texts import READERS, WALLS, read

MOST = 2.3
LONGEST = 1_000_000
_FIRST, _SECOND = 62_500, 250_000
_FOLLOWED = 3
_SHORT_S = 0.06
"""Seconds of CPU below which a measurement says nothing."""
_TRIES = 4


def seconds(reader: str, text: str, times: int = 1) -> float:
    """CPU time of a reading, the shortest of some."""
    took = []
    gc.disable()  # it looks through what was made again and again, which is no matter of the reader
    for _ in range(times):
        began = time.process_time()
        read(reader, text)
        took.append(time.process_time() - began)
    gc.enable()
    return min(took)


def suspects(reader: str) -> list[str]:
    """The walls for which a reader's time grows most."""
    grown = []
    for name, wall in WALLS.items():
        longer = seconds(reader, wall(_SECOND))
        if longer > _SHORT_S:
            grown.append((longer / max(seconds(reader, wall(_FIRST)), 1e-6), name))
    return [name for _, name in sorted(grown, reverse=True)[:_FOLLOWED]]


def worst(reader: str, wall: str) -> tuple[float, int, float]:
    """The worst factor from one doubling to the next, at which length, and the time there."""
    found, size, before = (0.0, 0, 0.0), _FIRST, 0.0
    while size <= LONGEST:
        text, half = WALLS[wall](size), WALLS[wall](size // 2)
        took = seconds(reader, text)
        if before > _SHORT_S:
            factor = min(_factors(reader, text, half, took / before))
            found = max(found, (factor, size, took))
        before, size = took, 2 * size
    return found


def _factors(reader: str, text: str, half: str, first: float) -> list[float]:
    """A factor, measured again where it is too large, as other work on the machine makes it."""
    factors = [first]
    while factors[-1] > MOST and len(factors) < _TRIES:
        factors.append(seconds(reader, text, 2) / seconds(reader, half, 2))
    return factors


def main() -> None:
    """Measure every reader, or those that are named."""
    missed = False
    for reader in sys.argv[1:] or READERS:
        measured = [(*worst(reader, wall), wall) for wall in suspects(reader)]
        factor, size, took, wall = max(measured, default=(0.0, 0, 0.0, "any wall"))
        missed |= factor > MOST
        print(f"{reader:28} × {factor:.2f} at {size:>9,} of {wall} ({took:.2f} s)", flush=True)
    sys.exit(int(missed))


if __name__ == "__main__":
    main()
