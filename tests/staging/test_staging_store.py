"""What the service keeps: in a file or in memory, each change whole or not at all, and each owner for himself."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import CorpusError, SettingsError
from rag_eval.staging.store import ServiceStore, StoredDocument, User, _once_free


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceStore]:
    """Both ways to keep things, at a time of 100."""
    store = ServiceStore(tmp_path / "data" if request.param == "file" else None, lambda: 100.0)
    yield store
    store.close()


def document(key: str = "d1", owner: str = "u1", **changes: object) -> StoredDocument:
    """Something that was uploaded."""
    fields = {"id": key, "owner": owner, "name": "a.md", "state": "queued", "text": "Text, né 🦦.", "passages": 0}
    return StoredDocument(**{**fields, **changes})  # type: ignore[arg-type]


def passages(*keys: str, owner: str = "u1") -> list[HandbookPassage]:
    """Passages of a document."""
    return [HandbookPassage(key, "Title", "Heading", f"Text of {key}", owner) for key in keys]


def test_a_name_is_taken_once(store: ServiceStore) -> None:
    """The second who wants it is told, and changes nothing."""
    assert store.add_user(User("1", "ada", "hash"))
    assert not store.add_user(User("2", "ada", "other"))
    assert store.user_named("ada") == User("1", "ada", "hash")
    assert (store.has_user("1"), store.has_user("2"), store.user_named("Ada")) == (True, False, None)


def test_an_account_that_is_put_again_keeps_its_id(store: ServiceStore) -> None:
    """So that what it uploaded stays its own when its password changes."""
    store.put_user(User("1", "ada", "old"))
    store.put_user(User("2", "ada", "new"))
    assert store.user_named("ada") == User("1", "ada", "new")


@pytest.mark.parametrize("name", ["' OR 1=1 --", "ada'; DROP TABLE users; --", "🦦", ""])
def test_a_name_is_a_value(store: ServiceStore, name: str) -> None:
    """Whatever stands in it."""
    assert store.user_named(name) is None
    store.put_user(User("1", name, "h"))
    assert store.user_named(name) == User("1", name, "h")


def test_a_token_is_good_for_one_time(store: ServiceStore) -> None:
    """As long as it would be good at all; then nobody need remember it."""
    assert store.use_token("t1", 200.0)
    assert not store.use_token("t1", 200.0)
    assert store.use_token("t2", 200.0)
    assert store.use_token("old", 99.0)
    assert store.use_token("t3", 200.0), "what has expired is forgotten with the next one"
    assert store.use_token("old", 99.0)


def test_of_several_who_use_a_token_at_a_time_one_has_it(tmp_path: Path) -> None:
    """Also in two workers, which share a file."""
    workers = [ServiceStore(tmp_path, lambda: 0.0) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda n: workers[n % 2].use_token("t", 1.0), range(16)))
    assert used.count(True) == 1
    for worker in workers:
        worker.close()


def test_a_user_has_so_many_documents(store: ServiceStore) -> None:
    """And others have their own."""
    assert store.add_document(document("d1"), 1)
    assert not store.add_document(document("d2"), 1)
    assert store.add_document(document("d3", "u2"), 1)
    assert store.document("d2", "u1") is None


def test_a_document_is_its_owner_s(store: ServiceStore) -> None:
    """Nobody else is told that there is one; it comes back letter by letter."""
    store.add_document(document(), 9)
    assert store.document("d1", "u1") == document()
    assert store.document("d1", "u2") is None
    assert store.document("d2", "u1") is None


def test_what_was_not_indexed_is_gone_on_with(store: ServiceStore) -> None:
    """And what was, or failed, is not."""
    for key in ("d1", "d2", "d3"):
        store.add_document(document(key), 9)
    store.set_state(document("d1"), "indexed")
    store.set_state(document("d2"), "failed")
    assert store.queued() == [document("d3")]
    indexed = store.document("d1", "u1")
    assert indexed is not None
    assert indexed.state == "indexed"


def test_passages_take_the_place_of_those_there_were(store: ServiceStore) -> None:
    """In their order, with their owner, and counted with their document; each change is seen by its number."""
    store.add_document(document(), 9)
    before = store.version()
    store.put_passages(document(), passages("a", "b"), 9)
    store.put_passages(document(), passages("c", "a"), 9)
    assert store.passages() == passages("c", "a")
    assert store.version() == before + 2
    kept = store.document("d1", "u1")
    assert kept is not None
    assert kept.passages == 2


def test_too_many_passages_change_nothing(store: ServiceStore) -> None:
    """Not even those that the document had; what it had itself does not count against it."""
    for key in ("d1", "d2"):
        store.add_document(document(key), 9)
    store.put_passages(document("d1"), passages("a", "b"), 3)
    store.put_passages(document("d1"), passages("a", "b", "c"), 3)
    version = store.version()
    with pytest.raises(CorpusError, match=r"a\.md: with its 1 passages a user would have over 3"):
        store.put_passages(document("d2"), passages("x"), 3)
    assert store.passages() == passages("a", "b", "c")
    assert store.version() == version
    store.put_passages(document("d2", "u2"), passages("x", owner="u2"), 3)
    assert len(store.passages()) == 4


def test_a_change_that_fails_is_taken_back(store: ServiceStore) -> None:
    """All of it, and the next one goes on as ever."""
    store.add_document(document(), 9)
    with pytest.raises(sqlite3.IntegrityError):
        store.put_passages(document(), passages("a", "b", "a"), 9)
    assert store.passages() == []
    store.put_passages(document(), passages("a"), 9)
    assert store.passages() == passages("a")


def test_another_worker_sees_what_was_kept(tmp_path: Path) -> None:
    """At once, and after a new start."""
    first, second = ServiceStore(tmp_path), ServiceStore(tmp_path)
    version = second.version()
    first.add_document(document(), 9)
    first.put_passages(document(), passages("a"), 9)
    assert second.version() == version + 1
    assert second.passages() == passages("a")
    first.close()
    second.close()
    again = ServiceStore(tmp_path)
    assert again.queued() == [document()]
    again.close()


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds hashes of passwords and what people uploaded."""
    ServiceStore(tmp_path / "deep" / "data").close()
    assert (tmp_path / "deep" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["a file in its place", "no database"])
def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, kind: str) -> None:
    """With the setting that says it."""
    place = tmp_path / "data"
    if kind == "no database":
        place.mkdir()
        (place / "staging.db").write_text("this is no database, and long enough to be seen as none" * 20)
    else:
        place.write_text("x")
    with pytest.raises(SettingsError, match=rf"^RAG_STAGING_DATA: {place} cannot be used: "):
        ServiceStore(place)


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode = code
    return error


def test_whoever_comes_second_to_a_file_that_is_being_made_waits() -> None:
    """Workers start at one moment, and SQLite gives up at once where the kind of its journal is changed."""
    outcomes = [_error(sqlite3.SQLITE_BUSY), _error(sqlite3.SQLITE_BUSY), None]

    def change(_: str) -> None:
        if (error := outcomes.pop(0)) is not None:
            raise error

    _once_free(change, "PRAGMA journal_mode=WAL")
    assert outcomes == []
    outcomes[:] = [_error(sqlite3.SQLITE_READONLY), None]
    with pytest.raises(sqlite3.OperationalError):
        _once_free(change, "PRAGMA journal_mode=WAL")
    assert outcomes == [None]
