"""The review page's API: what it gives, what it keeps, and whom it refuses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.reviewing import BEGAN, decision, ferry, written

from rag_eval.dataset import writing
from rag_eval.dataset.review import server
from rag_eval.dataset.review.access_control import AccessControl
from rag_eval.dataset.review.decisions import DecisionStore, ReviewDecision, load
from rag_eval.dataset.review.session import CHUNK, open_session

_CASES = [ferry(number) for number in range(3)]
_URL = "http://127.0.0.1:8000"
_SAME_ORIGIN = {"Origin": _URL}


class Page:
    """A browser's part: it keeps the cookie and says where it comes from."""

    def __init__(self, client: TestClient, gate: AccessControl) -> None:
        self.client = client
        self.gate = gate

    def enter(self) -> int:
        """Exchange the token."""
        answer = self.client.post("/api/session", json={"token": self.gate.token}, headers=_SAME_ORIGIN)
        return int(answer.status_code)

    def get(self, path: str) -> Any:
        """An answer's JSON."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, said: ReviewDecision, **more: Any) -> Any:
        """Send a decision."""
        body = {"key": self.get("/api/review")["key"], "decision": said.model_dump(mode="json"), **more}
        return self.client.post("/api/decisions", json=body, headers=_SAME_ORIGIN)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The page of ana over three drafts, not let in yet."""
    rows = [{"id": "fares#1", "text": "A single to island 1 costs 4 pounds."}, {"id": "a b&c", "text": "Dogs."}]
    corpus = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    folder = written(tmp_path / "drafts", _CASES, corpus)
    with DecisionStore.open_(folder.path, lambda: BEGAN + 1000) as store:
        gate = AccessControl("review-cookie")
        app = server.create_app(open_session(folder, store, "ana"), gate)
        with TestClient(app, base_url=_URL) as client:
            yield Page(client, gate)


@pytest.fixture
def inside(page: Page) -> Page:
    """The same, let in."""
    assert page.enter() == 200
    return page


def test_the_link_lets_in_once(page: Page) -> None:
    """By a cookie that no script reads and no other site sends."""
    token = page.gate.token
    answer = page.client.post("/api/session", json={"token": token}, headers=_SAME_ORIGIN)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert page.get("/api/review")["reviewer"] == "ana"
    page.client.cookies.clear()
    assert page.client.post("/api/session", json={"token": token}, headers=_SAME_ORIGIN).status_code == 401
    assert page.client.get("/api/review").status_code == 401


def test_the_page_is_one_file_with_a_nonce_of_its_own(page: Page) -> None:
    """Every answer has another; scripts and styles carry it, and nothing is loaded from elsewhere."""
    first, second = page.client.get("/"), page.client.get("/")
    nonces = re.findall(r'nonce="([^"]+)"', first.text)
    assert len(nonces) == 2
    assert len(set(nonces)) == 1
    assert f"'nonce-{nonces[0]}'" in first.headers["content-security-policy"]
    assert nonces[0] not in second.text
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", first.text)
    assert " style=" not in first.text, "an inline style would be blocked"


def test_every_answer_has_its_headers(inside: Page) -> None:
    """Also refusals; nothing allows another origin."""
    for answer in (
        inside.client.get("/api/review"),
        inside.client.get("/api/none"),
        inside.client.get("/", headers={"Host": "evil"}),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
    assert inside.client.get("/openapi.json").status_code == 404
    assert inside.client.get("/docs").status_code == 404


def test_a_post_from_another_page_is_refused(inside: Page) -> None:
    """Though the browser would send no cookie with it anyway."""
    body = {"key": "x", "decision": decision(_CASES[0], 1).model_dump(mode="json")}
    assert inside.client.post("/api/decisions", json=body).status_code == 403
    foreign = {"Origin": "http://evil.example"}
    assert inside.client.post("/api/decisions", json=body, headers=foreign).status_code == 403


def test_a_decision_is_in_the_file_before_the_answer(inside: Page) -> None:
    """And is given to whoever asks what is new."""
    answer = inside.post(decision(_CASES[0], 1))
    assert answer.status_code == 200
    kept = answer.json()["kept"]
    (found,) = load(inside_folder(inside))
    assert found.uuid == kept["decision"]["uuid"]
    assert [one["seq"] for one in inside.get("/api/decisions?after=0")["kept"]] == [kept["seq"]]
    assert inside.get(f"/api/decisions?after={kept['seq']}")["kept"] == []


def inside_folder(page: Page) -> Path:
    """The dataset folder that a page is about."""
    return Path(page.get("/api/review")["folder"])


def test_a_decision_sent_twice_is_kept_once(inside: Page) -> None:
    """The answer is the same, so that the page may forget it."""
    said = decision(_CASES[0], 1)
    assert inside.post(said).json() == inside.post(said).json()
    assert len(load(inside_folder(inside))) == 1


def test_the_verdict_is_made_to_fit(inside: Page) -> None:
    """Who accepts something else than was shown has edited."""
    kept = inside.post(decision(_CASES[0], 1, reference="Else.")).json()["kept"]
    assert kept["decision"]["verdict"] == "edit"


@pytest.mark.parametrize(
    ("said", "more", "status", "message"),
    [
        (decision(_CASES[0], 1, "ben"), {}, 409, "takes decisions of ana, not of ben"),
        (decision(_CASES[0], 1), {"key": "another"}, 409, "shows another dataset"),
        (decision(_CASES[0], 1), {"extra": 1}, 422, ""),
    ],
)
def test_what_belongs_elsewhere_is_refused(
    inside: Page, said: ReviewDecision, more: Any, status: int, message: str
) -> None:
    """An open page may meet another server on the port it knew."""
    answer = inside.post(said, **more)
    assert answer.status_code == status
    assert message in answer.json().get("message", "")
    assert load(inside_folder(inside)) == ()


@pytest.mark.parametrize("changes", [{"case_digest": "of another time"}, {"case_id": "gone"}])
def test_a_decision_about_a_case_that_changed_is_kept_and_told(inside: Page, changes: dict[str, str]) -> None:
    """Nobody's work is thrown away; nothing follows from it."""
    answer = inside.post(decision(_CASES[0], 1).model_copy(update=changes))
    assert answer.json()["stale"] is True
    assert len(load(inside_folder(inside))) == 1
    assert inside.get("/api/agreement")["stale"] == 1


def test_the_page_is_told_when_the_dataset_was_built_anew(inside: Page) -> None:
    """It shows what was there when the server began."""
    assert inside.get("/api/decisions")["rebuilt"] is False
    written(inside_folder(inside), _CASES[:2])
    assert inside.get("/api/decisions")["rebuilt"] is True


def test_cases_come_in_chunks(tmp_path: Path) -> None:
    """All of them, in order."""
    folder = written(tmp_path / "many", [ferry(number) for number in range(CHUNK + 5)])
    with DecisionStore.open_(folder.path, lambda: BEGAN) as store:
        found = open_session(folder, store, "ana")
        first = found.chunk(0)
        assert first.next == CHUNK
        rest = found.chunk(CHUNK)
        assert rest.next is None
        assert [one.id for one in (*first.cases, *rest.cases)] == [case.id for case in folder.cases]


def test_agreement_is_told(inside: Page) -> None:
    """Of what stands in the file, whoever wrote it."""
    with DecisionStore.open_(inside_folder(inside), lambda: BEGAN + 1000) as other:
        other.keep([decision(_CASES[0], 1, "ben"), decision(_CASES[1], 2, "ben", "reject")])
    inside.post(decision(_CASES[0], 3))
    inside.post(decision(_CASES[1], 4))
    found = inside.get("/api/agreement")
    assert found["disagreements"] == ["q-1"]
    assert found["pairs"][0]["kappa"] == 0


def test_the_corpus_is_searched_by_who_was_let_in(page: Page) -> None:
    """By words, then a passage whole by its id, whatever stands in it; nobody else, and not too much at once."""
    for path in ("/api/passages?words=single", "/api/passage?id=fares%231"):
        assert page.client.get(path).status_code == 401
        assert page.client.get(path, headers={"Host": "evil.example"}).status_code == 421
    assert page.enter() == 200
    assert page.get("/api/review")["searchable"] is True
    found = page.get("/api/passages?words=what%20does%20a%20single%20cost")
    assert [hit["id"] for hit in found["hits"]] == ["fares#1"]
    assert found["passages"] == 2
    assert page.get("/api/passage?id=fares%231")["text"] == "A single to island 1 costs 4 pounds."
    assert page.get("/api/passage?id=a%20b%26c") == {"id": "a b&c", "text": "Dogs."}
    assert page.client.get("/api/passage?id=none").status_code == 409
    assert page.client.get("/api/passages?words=").status_code == 422
    assert page.client.get(f"/api/passages?words={'x' * 1001}").status_code == 422
