"""How long `rag-eval --help` takes beside the floor, `python -c "import typer"`, both as whole processes."""

import subprocess
import sys
import time
from statistics import median

ROUNDS = 9
MOST = 3.0
"""The command's time over the floor's."""


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> int:
    """Print both medians and their ratio; 1 if it is too large."""
    floor, ours = [sys.executable, "-c", "import typer"], [sys.executable, "-m", "rag_eval", "--help"]
    seconds(floor)
    seconds(ours)
    # In turns, so that a busy moment of the machine meets both.
    pairs = [(seconds(floor), seconds(ours)) for _ in range(ROUNDS)]
    base, helped = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = helped / base
    print(f"startup            --help {helped:.3f} s, import typer {base:.3f} s, ratio {ratio:.2f} (at most {MOST:g})")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
