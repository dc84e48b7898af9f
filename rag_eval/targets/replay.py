"""Answers that were captured before, found again for the case they belong to."""

import sqlite3
from collections.abc import Iterable
from typing import Literal, Self

from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case


class ReplayTarget:
    """Captured answers behind the `Target` port; kept in a database on disk that goes with the process."""

    def __init__(self, match: Literal["auto", "id", "question"], captured: Iterable[tuple[Case, Answer]]) -> None:
        self._keys = ("id", "question") if match == "auto" else (match,)
        self._db = sqlite3.connect("", isolation_level=None)  # an empty name: a file of its own, deleted on close
        self._db.execute("CREATE TABLE captured (id TEXT, question TEXT, body TEXT)")
        self._db.execute("BEGIN")
        rows = ((case.id, case.user_input.strip(), answer.model_dump_json()) for case, answer in captured)
        self._db.executemany("INSERT INTO captured VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")
        for key in ("id", "question"):
            self._db.execute(f"CREATE INDEX by_{key} ON captured ({key})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    async def answer(self, case: Case) -> Answer:
        """The captured answer of a case; raises `TargetError` if there is none, or more than one."""
        for key, value in (("id", case.id), ("question", case.user_input.strip())):
            if key not in self._keys:
                continue
            # The column's name is one of ours, never input.
            found = self._db.execute(f"SELECT body FROM captured WHERE {key} = ? LIMIT 2", (value,)).fetchall()  # noqa: S608
            if len(found) == 1:
                return Answer.model_validate_json(found[0][0])
            if found:
                message = f"several captured answers have the {key} {value[:80]!r}; give each an id and match by id"
                raise TargetError(message, reason="ambiguous_capture")
        raise TargetError(f"no captured answer matches by {' or '.join(self._keys)}", reason="not_captured")
