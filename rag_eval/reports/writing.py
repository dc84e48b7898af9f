"""The reports of a run, written into its folder."""

import json

from rag_eval import files
from rag_eval.journal import Journal
from rag_eval.records import Summary
from rag_eval.reports import markdown
from rag_eval.runs import RunFolder


def write(folder: RunFolder, journal: Journal, summary: Summary) -> None:
    """Write every report of a run but its page into its folder, each whole or not at all."""
    from rag_eval.reports import tables

    tables.write(folder, journal, summary)
    write_summary(folder, summary)


def write_summary(folder: RunFolder, summary: Summary) -> None:
    """Write what a run comes to, for programs and as Markdown."""
    files.write_text(folder.summary, json.dumps(summary.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    files.write_text(folder.markdown, markdown.run(summary))


def write_page(folder: RunFolder, journal: Journal, summary: Summary) -> None:
    """Write the page of a run, with all of its cases."""
    from rag_eval.reports.pages import run

    files.write_text(folder.html, run.html(summary, journal))
