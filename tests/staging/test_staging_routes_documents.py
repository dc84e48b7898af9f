"""Uploaded documents: taken in, indexed in the background, found by their owner alone."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from staging.serving import Configure, Start, client_of, log_in, problem, running

from rag_eval.staging.api import create_app
from rag_eval.staging.corpus import passages_of
from rag_eval.staging.errors import CorpusError
from rag_eval.staging.store import ServiceStore, StoredDocument, User

_UPLOAD = "/api/v1/documents/upload"
_ZEPPELIN = b"# Zeppelins\n\nThe zeppelin lands at noon on the west field.\n\n## Fares\n\nA ride is 12 pounds.\n"


def upload(client: httpx2.Client, name: str = "air.md", content: bytes = _ZEPPELIN) -> httpx2.Response:
    """Send a document."""
    return client.post(_UPLOAD, files={"file": (name, content)})


def indexed(client: httpx2.Client, response: httpx2.Response) -> dict[str, Any]:
    """Wait until a document is no longer queued."""
    assert response.status_code == 202
    while True:
        body: dict[str, Any] = client.get(response.headers["Location"]).json()
        if body["state"] != "queued":
            return body
        time.sleep(0.02)


def ask(client: httpx2.Client, query: str = "When does the zeppelin land?") -> dict[str, Any]:
    """Ask a question."""
    body: dict[str, Any] = client.post("/api/v1/query/", json={"query": query}).json()
    return body


def test_an_upload_is_found_by_its_owner_alone(start: Start, configure: Configure) -> None:
    """By its passages, and by its state too: to everybody else it is not there."""
    client = start(create_app(configure()))
    client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    log_in(client)
    sent = upload(client)
    assert (sent.json()["state"], sent.json()["passages"]) == ("queued", 0)
    body = indexed(client, sent)
    assert (body["state"], body["passages"], body["name"]) == ("indexed", 2, "air.md")
    answered = ask(client)
    assert answered["answer"] == "The zeppelin lands at noon on the west field."
    assert answered["contexts"][0]["id"] == f"{body['id']}#1"
    assert client.get("/health").json()["passages"] == 9

    log_in(client, "grace", "long enough")
    assert ask(client)["contexts"] == []
    assert problem(client.get(sent.headers["Location"]))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("air.pdf", _ZEPPELIN, 415),
        ("air", _ZEPPELIN, 415),
        ("air.md.exe", _ZEPPELIN, 415),
        ("air.md", b"", 422),
        ("air.md", b" \n\t ", 422),
        ("air.md", b"\xff\xfe\x00", 422),
        ("air.txt", b"one\x00two", 422),
        ("x" * 300 + ".md", _ZEPPELIN, 422),
        ("air.md", b"x" * 2000, 413),
        ("air.md", b"x" * 30_000, 413),
    ],
)
def test_what_is_no_document(start: Start, configure: Configure, name: str, content: bytes, status: int) -> None:
    """Too large, of a type that is not read, or no text: refused, and nothing is kept."""
    client = log_in(start(create_app(configure(UPLOAD_BYTES="1000"))))
    assert problem(upload(client, name, content))[0] == status
    assert client.get("/health").json()["passages"] == 7


def test_a_name_is_only_a_name(start: Start, configure: Configure) -> None:
    """Whatever folders it speaks of."""
    client = log_in(start(create_app(configure())))
    assert upload(client, "../../etc/air.md").json()["name"] == "air.md"
    assert upload(client, "C:\\temp\\air.MD").json()["name"] == "air.MD"


def test_a_user_may_have_so_many(start: Start, configure: Configure) -> None:
    """The index does not grow without bound."""
    client = log_in(start(create_app(configure(DOCUMENTS="2"))))
    assert [upload(client).status_code for _ in range(3)] == [202, 202, 409]


def test_documents_outlive_the_service(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Indexed ones are there, and one that was only taken in when it was killed is indexed then."""
    data = tmp_path_factory.mktemp("data")
    settings = configure(DATA=str(data), JWT_SECRET="s" * 32)
    with running(create_app(settings)) as url, client_of(url) as client:
        indexed(log_in(client), upload(client))
    store = ServiceStore(data)
    user = store.user_named("ada")
    assert user is not None
    store.add_document(StoredDocument("left", user.id, "left.txt", "queued", "The airship moors at the mast.", 0), 10)
    store.close()
    with running(create_app(settings)) as url, client_of(url) as client:
        log_in(client)
        assert "noon" in ask(client)["answer"]
        while client.get("/api/v1/documents/left").json()["state"] != "indexed":
            time.sleep(0.02)
        assert "mast" in ask(client, "Where does the airship moor?")["answer"]


def test_another_worker_s_document_is_found(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two services over one folder find what the other took in."""
    settings = configure(DATA=str(tmp_path_factory.mktemp("data")), JWT_SECRET="s" * 32)
    app, twin = create_app(settings), create_app(settings)
    with running(app) as one, running(twin) as other, client_of(one) as first, client_of(other) as second:
        indexed(log_in(first), upload(first))
        log_in(second)
        while "noon" not in ask(second)["answer"]:
            time.sleep(0.02)


def test_passages_of_a_text() -> None:
    """A text without a title takes its file's name; long ones are cut between paragraphs; nothing is lost."""
    text = "\n\n".join(f"Paragraph {n} " + "word " * 100 for n in range(20))
    passages = passages_of("d", "notes.txt", text, "u")
    assert {(one.title, one.owner) for one in passages} == {("notes", "u")}
    assert [one.id for one in passages] == [f"d#{n}" for n in range(1, len(passages) + 1)]
    assert all(len(one.text) <= 2000 for one in passages)
    joined = "\n\n".join(one.text for one in passages)
    assert all(f"Paragraph {n} " in joined for n in range(20))
    assert len(passages_of("d", "a.md", "# Only a title", "u")) == 1
    assert [len(one.text) for one in passages_of("d", "a.txt", "x" * 4500, "u")][-1] > 0
    with pytest.raises(CorpusError, match=r"a\.md: there is no text"):
        passages_of("d", "a.md", "\n \n", "u")


def test_no_document_fills_the_index(start: Start, configure: Configure) -> None:
    """One that falls into too many passages is told to have failed, and nothing of it is kept."""
    client = log_in(start(create_app(configure())))
    assert indexed(client, upload(client, "many.md", b"## a\n" * 3000))["state"] == "failed"
    assert client.get("/health").json()["passages"] == 7


def test_a_user_s_passages_are_bounded(tmp_path: Path) -> None:
    """Over all documents; the one that is too much leaves the others as they are."""
    store = ServiceStore(tmp_path)
    passages = passages_of("d", "a.txt", "\n\n".join("word " * 300 for _ in range(10)), "u")
    store.put_passages(StoredDocument("d", "u", "a.txt", "queued", "x", 0), passages, 15)
    more = passages_of("e", "b.txt", "\n\n".join("word " * 300 for _ in range(10)), "u")
    with pytest.raises(CorpusError, match=r"b\.txt: with its \d+ passages a user would have over 15"):
        store.put_passages(StoredDocument("e", "u", "b.txt", "queued", "x", 0), more, 15)
    assert {one.id for one in store.passages()} == {one.id for one in passages}


def test_other_writes_change_no_index(tmp_path: Path) -> None:
    """Tokens and accounts of another worker are no reason to make the index anew."""
    one, other = ServiceStore(tmp_path), ServiceStore(tmp_path)
    before = one.version()
    other.add_user(User("u", "ada", "h"))
    other.use_token("t", 1e12)
    assert one.version() == before
    other.put_passages(StoredDocument("d", "u", "a.txt", "queued", "x", 0), passages_of("d", "a.txt", "x", "u"), 10)
    assert one.version() == before + 1


@pytest.mark.slow
def test_a_locked_store_is_told_of(configure: Configure, tmp_path: Path) -> None:
    """Whoever must write gets 503 in the one shape; whoever reads goes on."""
    with running(create_app(configure(DATA=str(tmp_path)))) as url, client_of(url) as client:
        log_in(client)
        with sqlite3.connect(tmp_path / "staging.db", isolation_level=None) as rude:
            rude.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(1) as pool:
                sent = pool.submit(upload, client)
                with client_of(url) as other:
                    other.headers["Authorization"] = client.headers["Authorization"]
                    assert ask(other, "ferry")["contexts"]
                assert problem(sent.result())[:2] == (503, "unavailable")
            rude.execute("ROLLBACK")
        assert indexed(client, upload(client))["state"] == "indexed"


def test_a_large_body_is_read_from_who_is_known(start: Start, configure: Configure) -> None:
    """Who has no token is refused by what he announces, not after a megabyte."""
    client = start(create_app(configure()))
    client.headers["Authorization"] = "Bearer forged"
    assert problem(upload(client, content=b"x" * 200_000))[0] == 413
    assert problem(upload(client, content=b"x" * 2_000))[0] == 401
    assert upload(log_in(client), content=b"x" * 200_000).status_code == 202
