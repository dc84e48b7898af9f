"""A run on a disk that is full at twenty random moments, made read-only and killed in between, comes to what it was.

    python bench/full_disk.py [SEED]

Wants root, to mount a disk in memory. Prints the exit codes of each trial; ends with 1 where one came to other numbers.
"""

import os
import random
import signal
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.forker import Ended
from support.small_disk import small_disk, trial, whole, why_not

_TRIALS = 20
_SIZE = 4_000_000


def forked(*argv: str, kill_after: float | None = None) -> Ended:
    """A command in a child of this process, which has imported what it needs."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        if not (child := os.fork()):
            os.dup2(out.fileno(), 1)
            os.dup2(error.fileno(), 2)
            os._exit(_command(argv))
        timer = threading.Timer(kill_after or 0.0, os.kill, (child, signal.SIGKILL))
        if kill_after is not None:
            timer.start()
        _, status = os.waitpid(child, 0)
        timer.cancel()
        out.seek(0)
        error.seek(0)
        said, told = out.read(), error.read()
        return Ended(os.waitstatus_to_exitcode(status), said + told, said, told)


def _command(argv: tuple[str, ...]) -> int:
    from rag_eval.__main__ import main

    sys.argv = ["rag-eval", *argv]
    try:
        main()
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def main() -> None:
    """Twenty trials."""
    if lack := why_not():
        sys.exit(f"no disk can be mounted here: {lack}")
    draw, missed = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1), 0
    with tempfile.TemporaryDirectory() as folder:
        experiment, expected, size = whole(Path(folder) / "whole")
        with small_disk(Path(folder) / "disk", _SIZE) as disk:
            for number in range(_TRIALS):
                room = draw.randrange(4096, int(2.5 * size))
                codes, came = trial(disk, experiment, room, forked, number, draw.uniform(0.0, 0.3))
                missed += came != expected
                print(
                    f"{number + 1:>2}  {room:>9,} bytes of room: {codes}{'' if came == expected else ' ANOTHER RESULT'}"
                )
    sys.exit(int(missed > 0))


if __name__ == "__main__":
    main()
