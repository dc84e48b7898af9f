"""Every measurement, one after the other; the exit code says whether one of them missed its mark."""

import subprocess
import sys
from pathlib import Path

PARTS = (
    "startup",
    "judge_requests",
    "live",
    "judging",
    "scoring",
    "injection",
    "million",
    "replay",
    "factscore",
    "correctness",
    "documents",
    "checks",
    "stats",
    "selection",
    "telemetry",
    "traces",
    "load",
    "pages",
    "ending",
    "full_disk",
)


def main() -> int:
    """Run each part as a process of its own."""
    here = Path(__file__).resolve().parent
    return max(subprocess.run([sys.executable, str(here / f"{part}.py")], check=False).returncode for part in PARTS)


if __name__ == "__main__":
    sys.exit(main())
