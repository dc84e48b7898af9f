"""What is wrong with rows, said so that somebody can go there and mend it."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_eval.errors import DataError
from rag_eval.language.sentences import shorten

COLUMNS = "columns "
"""What a problem begins with of which the columns are the cause, before their names."""
_LONGEST = 60
_PLACES = 8
"""Further places of a cause that are named."""
SHOWN = 20
"""Problems that a message lists before it counts the rest."""


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with one row."""

    file: str
    line: int
    """Line in a text file, row number from 1 in a table, 0 where it is the whole file."""
    field: str
    expected: str
    found: str
    guess: str = dataclasses.field(default="", compare=False)
    """Where the question may stand, of a row in which no column is known for it."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: expected {self.expected}, found {self.found}"


class BadRowsError(DataError):
    """Rows that cannot be used; `problems` has each of them."""

    def __init__(
        self, problems: Sequence[RowProblem], advice: str, question: str = "--field user_input=COLUMN"
    ) -> None:
        """`question` is what names the column of questions where no column is known for one."""
        self.problems = tuple(problems)
        lines = problem_lines(problems)
        listed = "\n".join(lines[:SHOWN])
        rest = f"\n… and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        if any(map(_of_columns, problems)):
            guess = next((problem.guess for problem in problems if problem.guess), "")
            way = question.replace("COLUMN", _quoted(guess)) if guess else question
            advice = f"{advice} A question in a column of another name: {way}."
        count = f"{len(lines)} problem{'s' if len(lines) != 1 else ''}"
        if len(lines) < len(problems):
            count += f" in {len(problems)} rows"
        if len(problems) == 1:
            advice = advice.replace("Mend them", "Mend it").replace("leave them out", "leave it out")
        super().__init__(f"{listed}{rest}\n{count}. {advice}")


def problem_lines(problems: Iterable[RowProblem]) -> list[str]:
    """Problems in lines: one for each cause, with its first place and the others counted, in the order of the first."""
    causes: dict[object, list[RowProblem]] = {}
    for problem in problems:
        key = problem.found if _of_columns(problem) else ""
        causes.setdefault((problem.file, problem.field, problem.expected, key), []).append(problem)
    return [_line(rows) for rows in causes.values()]


def _of_columns(problem: RowProblem) -> bool:
    """Whether it is one of the columns, and so the same in every row that has these."""
    return problem.field == "user_input" and problem.found.startswith(COLUMNS)


def _line(rows: Sequence[RowProblem]) -> str:
    if len(rows) == 1:
        return str(rows[0])
    more = len(rows) - 1
    places = ", ".join(str(row.line) for row in rows[1 : _PLACES + 1])
    return f"{rows[0]}; so in {more} more row{'s' if more > 1 else ''}: {places}{' …' if more > _PLACES else ''}"


def _quoted(place: str) -> str:
    return f"'{place}'" if " " in place else place


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of thousands of digits
        text = f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= _LONGEST else shorten(text, _LONGEST)
