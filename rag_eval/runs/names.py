"""What a run's name says, and which runs and baselines a folder holds; nothing is opened, nothing heavy imported."""

import re
from datetime import UTC, datetime
from pathlib import Path

LATEST = "latest"
JOURNAL = "journal.db"
SCORES = "scores.parquet"
"""What makes a folder a baseline."""
JOB = "-ci"
"""Ends the name of the folder in which `rag-eval ci` keeps what it makes of two runs."""
_TIMED = re.compile(r"^(\d{8}-\d{6})-")
_FORM = "%Y%m%d-%H%M%S"


def timed(began: datetime, name: str) -> str:
    """The id of a run of an experiment: `20261123-091500-strong`, in UTC."""
    return f"{began.astimezone(UTC):{_FORM}}-{name}"


def time_of(run: str) -> str | None:
    """`20261123-091500` of `20261123-091500-strong`; None for a name that tells no time."""
    match = _TIMED.match(run)
    return match[1] if match else None


def seconds_of(run: str) -> float | None:
    """The time that a name tells, in seconds since 1970; None where it tells none."""
    try:
        return datetime.strptime(time_of(run) or "", _FORM).replace(tzinfo=UTC).timestamp()
    except ValueError:  # no time, or one such as 20261399-250000
        return None


def experiment_of(run: str) -> str:
    """`strong` of `20261123-091500-strong` and of `20261123-091500-strong~2`."""
    return _TIMED.sub("", run.partition("~")[0], count=1)


def number_of(run: str) -> int:
    """2 of `20261123-091500-strong~2`; 1 of a name without a number."""
    number = run.partition("~")[2]
    return int(number) if number.isdecimal() else 1


def order(run: str) -> tuple[str, int]:
    """Sorts runs of one second in the order in which they began."""
    return run.partition("~")[0], number_of(run)


def known(root: Path) -> list[str]:
    """The ids of the runs in a folder, by the times in their names, those that tell none first; a run has a journal."""
    ids = (path.parent.name for path in root.glob(f"[!.]*/{JOURNAL}"))
    return sorted(ids, key=lambda run: (time_of(run) is not None, order(run)))


def baselines(root: Path) -> list[str]:
    """The names of the baselines in a folder."""
    return sorted(path.parent.name for path in root.glob(f"[!.]*/{SCORES}"))


def is_job(name: str) -> bool:
    """Whether a folder is called as what `rag-eval ci` makes of two runs, which is no run itself."""
    return time_of(name) is not None and experiment_of(name).endswith(JOB)
