"""How the two waiting loops, asking and scoring, are run."""

from rag_eval.engines.local import Event, Work, drive

__all__ = ["Event", "Work", "drive"]
