"""How the two waiting loops, asking and scoring, are run."""

from rag_eval.engines.local import Event, Work, drive
from rag_eval.engines.lockstep import Lockstep
from rag_eval.engines.waiting import wait_for

__all__ = ["Event", "Lockstep", "Work", "drive", "wait_for"]
