"""What the processes that make load write down, a line each, and what the one that started them reads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

SAMPLES, ANSWERS = "samples.jsonl", "answers.jsonl"


class RequestSample(NamedTuple):
    """One request."""

    at: float
    """Seconds from the start of the test to when it was due."""
    seconds: float
    """From when it was due until its answer was there, or until it had failed."""
    endpoint: str
    kind: str
    """What went wrong, as a short code; empty where nothing did."""
    size: int
    """Bytes of the answer."""
    late: float
    """Seconds after it was due that it was sent; part of `seconds`."""
    degraded: bool = False
    """Whether the service said that something stood in for a part of it."""


@dataclass(frozen=True)
class Note:
    """Something that happened besides requests."""

    what: Literal["begun", "users", "cpu", "worker", "complete", "other plan"]
    value: float
    at: float


@dataclass(frozen=True)
class SampledAnswer:
    """A whole answer, kept to be scored."""

    case: str
    body: str
    asked_at: float
    seconds: float


def read(folder: Path) -> Iterator[RequestSample | Note]:
    """Everything that was written; a last line that was cut by a kill is left out."""
    yield from map(parse, _whole_lines(folder / SAMPLES))


def _whole_lines(path: Path) -> Iterator[str]:
    """The lines that have an end; where one has none, it may break off inside a character."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line.decode()


def parse(line: str) -> RequestSample | Note:
    """One line."""
    record: Any = json.loads(line)
    return Note(**record) if isinstance(record, dict) else RequestSample(*record)


def answers(folder: Path) -> list[SampledAnswer]:
    """The answers that were kept, the last of each case."""
    if not (folder / ANSWERS).exists():
        return []
    latest: dict[str, SampledAnswer] = {}
    for line in _whole_lines(folder / ANSWERS):
        answer = SampledAnswer(**json.loads(line))
        latest[answer.case] = answer
    return list(latest.values())
