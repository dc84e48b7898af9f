"""Rows out of files, whatever format they are in; a format is one module, with one line in `catalogue`."""

from rag_eval.dataset.sources.catalogue import suffixes
from rag_eval.dataset.sources.questions import holds_questions
from rag_eval.dataset.sources.row import DataRow
from rag_eval.dataset.sources.rows import HUB, read

__all__ = ["HUB", "DataRow", "holds_questions", "read", "suffixes"]
