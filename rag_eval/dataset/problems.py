"""What is wrong with rows, said so that somebody can go there and mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.errors import DataError
from rag_eval.language.sentences import shorten

COLUMNS = "columns "
"""What a problem begins with of which the columns are the cause, before their names."""
_LONGEST = 60
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
        causes = _causes(problems)
        listed = "\n".join(_said(rows) for rows in causes[:SHOWN])
        rest = f"\n… and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
        if any(map(_of_columns, problems)):
            advice = f"{advice} A question in a column of another name: {question}."
        count = f"{len(causes)} problem{'s' if len(causes) != 1 else ''}"
        if len(causes) < len(problems):
            count += f" in {len(problems)} rows"
        if len(problems) == 1:
            advice = advice.replace("Mend them", "Mend it").replace("leave them out", "leave it out")
        super().__init__(f"{listed}{rest}\n{count}. {advice}")


def _of_columns(problem: RowProblem) -> bool:
    """Whether it is one of the columns, and so the same in every row that has these."""
    return problem.field == "user_input" and problem.found.startswith(COLUMNS)


def _causes(problems: Sequence[RowProblem]) -> list[list[RowProblem]]:
    """Problems, those of one cause together, in the order of the first."""
    causes: dict[object, list[RowProblem]] = {}
    for place, problem in enumerate(problems):
        key = (problem.file, problem.found) if _of_columns(problem) else place
        causes.setdefault(key, []).append(problem)
    return [*causes.values()]


def _said(rows: Sequence[RowProblem]) -> str:
    if len(rows) == 1:
        return str(rows[0])
    more = len(rows) - 1
    return f"{rows[0]}; so in {more} more row{'s' if more > 1 else ''}"


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of thousands of digits
        text = f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= _LONGEST else shorten(text, _LONGEST)
