"""SQLite files that hold what would not fit in memory, and go with the process."""

import sqlite3


def open_scratch(script: str = "", *, cache_kib: int | None = None) -> sqlite3.Connection:
    """A private database in a nameless temporary file, which SQLite removes when it is closed.

    Nothing of it survives a crash, so nothing is synced. `script` makes its tables; `cache_kib` is what may stay in
    memory, else SQLite's own. Threads may share it if they take turns. Where the temporary folder is full, statements
    raise `sqlite3.OperationalError`.
    """
    db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    if cache_kib is not None:
        db.execute(f"PRAGMA cache_size = -{cache_kib}")
    db.executescript(script)
    return db
