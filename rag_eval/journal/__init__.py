"""What has happened in a run, kept so that a kill loses nothing: SQLite in WAL mode, one writer, any number of readers.

Every write is committed before the call returns. In WAL mode with `synchronous=NORMAL` that costs tens of
microseconds, because a commit is a write to the page cache and not a wait for the disk: it survives the process being
killed at any moment, and loses at most the last moments, never its consistency, when the machine loses power.
"""

from rag_eval.journal.lock import alone, is_held
from rag_eval.journal.reader import Journal, Row, StoredRow
from rag_eval.journal.tables import FORMAT, REPEAT_OF
from rag_eval.journal.writer import JournalWriter

__all__ = ["FORMAT", "REPEAT_OF", "Journal", "JournalWriter", "Row", "StoredRow", "alone", "is_held"]
