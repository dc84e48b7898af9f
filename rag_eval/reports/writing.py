"""The reports of a run, written into its folder."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag_eval import files
from rag_eval.journal import Journal, Row
from rag_eval.records import Summary
from rag_eval.reports import markdown
from rag_eval.runs import RunFolder

if TYPE_CHECKING:
    from rag_eval.reports.pages.cases import Cases


class _PassingRows:
    """The cases of a journal as they go by, each once; a case that is asked for out of turn is looked up.

    Reading a case takes longer than writing it into the tables, and as long as packing it for the page.
    """

    def __init__(self, journal: Journal, rows: Iterator[Row]) -> None:
        self._journal, self._rows = journal, rows
        self._ahead: Row | None = None
        """One that has gone by and was not asked for yet."""

    def row(self, case_id: str) -> Row:
        """Everything the run knows of one case."""
        row = self._ahead or next(self._rows, None)
        if row is not None and row.case.id == case_id:
            self._ahead = None
            return row
        self._ahead = row
        return self._journal.row(case_id)

    def end(self) -> None:
        """Let the rest go by."""
        for _ in self._rows:
            pass


def write(folder: RunFolder, journal: Journal, summary: Summary) -> "Cases":
    """Write every report of a run but its page into its folder, each whole or not at all.

    Gives what the page holds of the cases, which are read once for all.
    """
    from rag_eval.reports import tables
    from rag_eval.reports.pages import run

    with tables.writing(folder, summary) as add:

        def passing() -> Iterator[Row]:
            for row in journal.rows():
                add(row)
                yield row

        rows = _PassingRows(journal, passing())
        packed = run.pack(summary, journal, rows)
        rows.end()
    write_summary(folder, summary)
    return packed


def write_summary(folder: RunFolder, summary: Summary) -> None:
    """Write what a run comes to, for programs and as Markdown."""
    files.write_text(folder.summary, json.dumps(summary.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    files.write_text(folder.markdown, markdown.run(summary))


def write_page(folder: RunFolder, packed: "Cases", summary: Summary) -> None:
    """Write the page of a run, with all of its cases."""
    from rag_eval.reports.pages import run

    files.write_text(folder.html, run.page(summary, packed))
