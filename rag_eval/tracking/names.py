"""What a run is called in MLflow, whose lists show some eight letters: what tells it from the others, then the time.

The experiment `harbour-strong` is `strong · 0915` in the MLflow experiment `harbour`, and also beside `harbour-weak`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

BASELINE = "⚑ "
"""Stands before the name of a run that is a baseline."""

_WORD = re.compile(r"[^-_/ ]+[-_/ ]*")
_TIMED = re.compile(r"^\d{8}-(\d{6})-")
_GIVEN = re.compile(rf"(?P<mark>(?:{BASELINE})?)(?P<label>.+) · (?P<time>\d{{4}}|\d{{6}})")


def labels(experiments: Collection[str], place: str) -> dict[str, str]:
    """Experiment to what tells it from the others: its name without the words that `place` or the others begin with.

    `place` is the MLflow experiment. Where two would be called the same, all keep their names.
    """
    within = {name: _without(name, _shared((name, f"{place}-*"))) for name in experiments}
    shorter = {name: _without(short, _shared(_siblings(short, within.values()))) for name, short in within.items()}
    return shorter if len(set(shorter.values())) == len(shorter) else {name: name for name in experiments}


def _siblings(name: str, others: Iterable[str]) -> list[str]:
    """The names that begin with the same word, this one among them."""
    first = _words(name)[:1]
    return [other for other in others if _words(other)[:1] == first]


def _words(name: str) -> list[str]:
    return [word.rstrip("-_/ ") for word in _WORD.findall(name)]


def _shared(names: Sequence[str]) -> int:
    """How many words all of several names begin with, at most all but one of each; none where there is one name."""
    split = {tuple(_words(name)) for name in names}
    most = min(map(len, split)) - 1 if len(split) > 1 else 0
    return next((n for n in range(most) if len({words[n] for words in split}) > 1), max(most, 0))


def _without(name: str, words: int) -> str:
    """A name without its first words; a number keeps the word before it, so that it says of what."""
    parts = _WORD.findall(name)
    rest = "".join(parts[words:])
    return rest if re.search(r"[^\W\d]", rest) else "".join(parts[max(words - 1, 0) :]) or name


def name(label: str, run_id: str, started: float, taken: Collection[str] = ()) -> str:
    """A run's name: label, hours and minutes, and seconds where that name is taken."""
    timed = _TIMED.match(run_id)
    at = timed.group(1) if timed else f"{datetime.fromtimestamp(started).astimezone():%H%M%S}"
    short = f"{label} · {at[:4]}"
    return f"{label} · {at}" if short in {marked(name, baseline=False) for name in taken} else short


def renamed(given: str, label: str, run_id: str) -> str:
    """The name of a run with another label; one that somebody gave it stays."""
    match = _GIVEN.fullmatch(given)
    if given == run_id and _TIMED.match(run_id):
        return name(label, run_id, 0.0)
    if match is None or not experiment(run_id).endswith(match["label"]):
        return given
    return f"{match['mark']}{label} · {match['time']}"


def experiment(run_id: str) -> str:
    """`strong` of `20261123-091500-strong` and of `20261123-091500-strong~2`."""
    return _TIMED.sub("", run_id, count=1).partition("~")[0]


def marked(given: str, *, baseline: bool) -> str:
    """A run's name with the mark of a baseline, or without."""
    return f"{BASELINE if baseline else ''}{given.removeprefix(BASELINE)}"
