"""Plain text with a question a line, with questions and answers in turns, or with a table, as Excel saves one."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from rag_eval.dataset.names import ALIASES, spelling
from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources import csv
from rag_eval.dataset.sources.encodings import encoding_of
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_LOOKED_AT: Final = 200
"""Lines by which a text is told from a document."""
_MOSTLY: Final = 0.8
_COLUMNS: Final = frozenset(map(spelling, ALIASES["user_input"]))
_WITH_TITLE: Final = 2
_NUMBER: Final = re.compile(r"\s*(?:\(?\d{1,4}(?:[.):]\s+|[:)]|\t)|[-*•–]\s+)\s*")
_ASKED: Final = re.compile(r"\s*(?:\d{1,4}[.)]\s*)?(?:Q|Question|Frage|F)\s*\d{0,4}\s*[:.]\s*(?=\S)", re.IGNORECASE)
_ANSWERED: Final = re.compile(r"\s*(?:A|Answer|Antwort)\s*\d{0,4}\s*[:.]\s*", re.IGNORECASE)
_QUESTION: Final = re.compile(r"[?？]['\"”’)]*\s*$")  # noqa: RUF001 - the full-width sign is meant


def holds_questions(path: Path) -> bool:
    """Whether most lines of a text are questions, questions and answers stand there in turns, or it is a table."""
    try:
        with encoding_of(path).open(path) as file:
            lines = [line for line in islice(file, _LOOKED_AT) if line.strip()]
    except (DataError, OSError, UnicodeError):
        return False
    return _is_table(lines) or _in_turns(lines) or _listed(lines)


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield a row for each question, by its line, and a problem for a line before the first one that begins with Q:.

    Raises `DataError` for a text that is a document.
    """
    if not holds_questions(path):
        hint = "rag-eval build-dataset drafts questions out of a document"
        raise DataError(f"{path}: expected a question a line, or lines with Q: and A: in turns; {hint}")
    encoding = encoding_of(path)
    with encoding.open(path) as file:
        if _is_table([next(file, "")]):
            yield from csv.read(path)
            return
    if encoding.note:
        yield encoding.note
    with encoding.open(path) as file:
        lines = [(number, line.strip().removeprefix("\ufeff")) for number, line in enumerate(file, start=1)]
    written = [(number, line) for number, line in lines if line]
    texts = [line for _, line in written]
    if _in_turns(texts):
        yield from _turns(path, written)
        return
    if len(written) > 1 and not _QUESTION.search(texts[0]) and all(map(_QUESTION.search, texts[1:])):
        yield RowNote(str(path), f"line {written[0][0]} is no question and was passed over: {shown(texts[0])}")
        written = written[1:]
    for number, line in written:
        yield DataRow(str(path), number, {"question": _NUMBER.sub("", line, count=1)})


def _turns(path: Path, lines: Sequence[tuple[int, str]]) -> Iterator[DataRow | RowProblem]:
    question: list[str] = []
    answer: list[str] | None = None
    begun = 0
    for number, line in lines:
        if asked := _ASKED.match(line):
            if question:
                yield _row(path, begun, question, answer)
            question, answer, begun = [line[asked.end() :]], None, number
        elif not question:
            yield RowProblem(str(path), number, "the line", "a question that begins with Q:", shown(line))
        elif (answered := _ANSWERED.match(line)) and answer is None:
            answer = [line[answered.end() :]]
        else:
            (question if answer is None else answer).append(line)
    if question:
        yield _row(path, begun, question, answer)


def _row(path: Path, number: int, question: Sequence[str], answer: Sequence[str] | None) -> DataRow:
    reference = " ".join(answer).strip() if answer else ""
    return DataRow(
        str(path), number, {"question": " ".join(question)} | ({"reference": reference} if reference else {})
    )


def _is_table(lines: Sequence[str]) -> bool:
    """Whether the first line has the names of columns, one of them of questions."""
    cells = re.split(r"[\t;,]", lines[0].removeprefix("\ufeff")) if lines else []
    return len(cells) > 1 and any(spelling(cell.strip().strip('"')) in _COLUMNS for cell in cells)


def _in_turns(lines: Sequence[str]) -> bool:
    asked = sum(_ASKED.match(line) is not None for line in lines)
    answered = sum(_ANSWERED.match(line) is not None for line in lines)
    return asked > 0 and answered >= asked / 2 and _ASKED.match(lines[0]) is not None


def _listed(lines: Sequence[str]) -> bool:
    """Whether nearly all are questions; a title may stand above two and more."""
    titled = len(lines) > _WITH_TITLE and not _QUESTION.search(lines[0])
    rest = lines[1:] if titled else lines
    return bool(rest) and sum(_QUESTION.search(line) is not None for line in rest) >= _MOSTLY * len(rest)


FORMAT = RowFormat((".txt",), read, readable=holds_questions)
