"""Runs and comparisons for people and for programs; each report is another reader of the same records."""

import json
from pathlib import Path

from rag_eval.journal import Journal
from rag_eval.records import Summary
from rag_eval.reports import markdown
from rag_eval.reports.junit import LostQuestion, lost_questions
from rag_eval.runs import Folder

__all__ = ["LostQuestion", "lost_questions", "write", "write_summary"]


def write(folder: Folder, journal: Journal, summary: Summary) -> None:
    """Write every report of a run into its folder, each whole or not at all."""
    from rag_eval.reports import tables

    tables.write(folder, journal, summary)
    write_summary(folder, journal, summary)


def write_summary(folder: Folder, journal: Journal, summary: Summary) -> None:
    """Write the reports that hold more than cases and scores: what a run comes to."""
    from rag_eval.reports import html

    _put(folder.summary, json.dumps(summary.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    _put(folder.markdown, markdown.run(summary))
    _put(folder.html, html.run(summary, journal))


def _put(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
