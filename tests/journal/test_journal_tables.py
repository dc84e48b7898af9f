"""How a journal's file is opened, and what its tables hold to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag_eval.errors import StorageError
from rag_eval.journal import tables

ODD_NAMES = ("a b.db", "what?.db", "part#1.db", "100%.db", "%20.db", "журнал.db", "a&mode=ro.db", "a'b.db", "a;b.db")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new journal's file."""
    with closing(tables.connect(tmp_path / "journal.db", "rwc")) as made:
        made.executescript(tables.TABLES)
        yield made


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """What means something in an address is a letter of the name here: the file that is named is the one written."""
    path = tmp_path / name
    with closing(tables.connect(path, "rwc")) as db:
        db.execute("CREATE TABLE t (x)")
    assert [file.name for file in tmp_path.iterdir()] == [name]
    with closing(tables.connect(path, "ro")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]


def test_a_path_is_taken_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that goes up again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    tables.connect(Path("below/../x.db"), "rwc").close()
    assert (tmp_path / "x.db").exists()


@pytest.mark.parametrize("mode", ["ro", "rw"])
def test_no_file_is_made_by_looking(tmp_path: Path, mode: str) -> None:
    """A journal that is not there is an error, and not an empty one."""
    with pytest.raises(StorageError, match="cannot be opened"):
        tables.connect(tmp_path / "none.db", mode)
    assert not [*tmp_path.iterdir()]


def test_who_reads_cannot_write(db: sqlite3.Connection, tmp_path: Path) -> None:
    """Not even by accident."""
    with closing(tables.connect(tmp_path / "journal.db", "ro")) as reader:
        assert reader.execute("SELECT count(*) FROM meta").fetchone() == (0,)
        with pytest.raises(StorageError, match="readonly"):
            reader.execute("INSERT INTO meta VALUES ('a', 'b')")


def test_each_statement_is_kept_at_once(db: sqlite3.Connection, tmp_path: Path) -> None:
    """Another reader sees it without anybody committing: a kill loses nothing that was written."""
    db.execute("INSERT INTO meta VALUES ('name', 'strong')")
    with closing(tables.connect(tmp_path / "journal.db", "ro")) as reader:
        assert reader.execute("SELECT * FROM meta").fetchall() == [("name", "strong")]


def test_the_tables_can_be_made_again_over_what_is_there(db: sqlite3.Connection) -> None:
    """Nothing that was kept is touched, the money that was spent least of all."""
    db.execute("INSERT INTO meta VALUES ('name', 'strong')")
    db.execute("UPDATE spent SET calls = 7, prompt_tokens = 8, completion_tokens = 9")
    db.executescript(tables.TABLES)
    assert db.execute("SELECT * FROM spent").fetchall() == [(1, 7, 8, 9)]
    assert db.execute("SELECT * FROM meta").fetchall() == [("name", "strong")]


@pytest.mark.parametrize(
    ("table", "row", "again"),
    [
        ("meta", ("k", "a"), ("k", "b")),
        ("cases", ("c", 0, "{}", "answer", "{}"), ("c", 1, "{}", "failure", "{}")),
        ("outcomes", ("c", "m", "score", 0.5, None, "{}"), ("c", "m", "failure", None, "timeout", "{}")),
        ("sent", ("c",), ("c",)),
        ("judged", ("k", "a"), ("k", "b")),
    ],
)
def test_nothing_stands_twice(
    db: sqlite3.Connection, table: str, row: tuple[object, ...], again: tuple[object, ...]
) -> None:
    """A case, an outcome of a metric and a reply of the judge each have one place."""
    insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})"
    db.execute(insert, row)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        db.execute(insert, again)


def test_a_failure_has_no_value_and_a_score_no_reason(db: sqlite3.Connection) -> None:
    """Either may be left out, and never becomes a zero or an empty text."""
    db.execute("INSERT INTO outcomes VALUES ('c', 'm', 'failure', NULL, 'timeout', '{}')")
    assert db.execute("SELECT value, reason FROM outcomes").fetchone() == (None, "timeout")
    assert db.execute("SELECT avg(value), count(value) FROM outcomes").fetchone() == (None, 0)


def test_a_folder_that_can_be_written_to_is_read_with_its_log(tmp_path: Path) -> None:
    """What another process has just written is seen."""
    assert tables.read_only(tmp_path / "journal.db") == "ro"


def test_an_archive_is_read_without_making_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a log lies beside it: what stands there only would be passed over."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    path = tmp_path / "journal.db"
    assert tables.read_only(path) == "ro&immutable=1"
    (tmp_path / "journal.db-wal").touch()
    assert tables.read_only(path) == "ro"


def test_an_archive_that_is_read_stays_as_it_is(tmp_path: Path) -> None:
    """No file appears beside a journal that was opened as one that cannot change."""
    path = tmp_path / "journal.db"
    with closing(tables.connect(path, "rwc")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(tables.TABLES)
    before = {file.name for file in tmp_path.iterdir()}
    with closing(tables.connect(path, "ro&immutable=1")) as db:
        assert db.execute("SELECT calls FROM spent").fetchone() == (0,)
        assert {file.name for file in tmp_path.iterdir()} == before
