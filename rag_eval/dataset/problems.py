"""What is wrong with rows, said so that somebody can go there and mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.errors import DataError

_LONGEST = 60
SHOWN = 20
"""Problems that a message lists before it counts the rest."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row."""

    file: str
    line: int
    """Line in a text file, row number from 1 in a table, 0 where it is the whole file."""
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: expected {self.expected}, found {self.found}"


class BadRows(DataError):
    """Rows that cannot be used; `problems` has each of them."""

    def __init__(self, problems: Sequence[Problem], advice: str) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(str(problem) for problem in problems[:SHOWN])
        rest = f"\n… and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        if any(problem.field == "user_input" and "columns ['" in problem.found for problem in problems):
            advice = f"{advice} A question in a column of another name: --field user_input=COLUMN."
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__(f"{listed}{rest}\n{count}. {advice}")


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of thousands of digits
        text = f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
