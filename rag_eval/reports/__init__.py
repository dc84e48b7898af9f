"""Runs and comparisons for people and for programs; each report is another reader of the same records."""

from rag_eval.reports.junit import LostQuestion, lost_questions
from rag_eval.reports.writing import write, write_page, write_summary

__all__ = ["LostQuestion", "lost_questions", "write", "write_page", "write_summary"]
