"""What the review page's server works with: cases in batches, decisions taken, and news of what others decided."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.reviewing import BEGAN, asked, decision, ferry, written

from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.manifest import FILE
from rag_eval.dataset.review.decisions import DecisionStore
from rag_eval.dataset.review.session import CHUNK, DecisionPost, ReviewSession, open_session
from rag_eval.errors import MismatchError

_CASES = [ferry(1), ferry(2), asked(3)]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """Two drafts and a question from production."""
    return written(tmp_path / "drafts", _CASES)


@pytest.fixture
def session(folder: DatasetFolder) -> Iterator[ReviewSession]:
    """Ana's desk over them."""
    with closing(DecisionStore.open_(folder.path, lambda: BEGAN + 1_000_000)) as store:
        yield open_session(folder, store, "ana")


def _post(session: ReviewSession, second: int = 1, number: int = 0, **fields: Any) -> DecisionPost:
    return DecisionPost(key=session.key, decision=decision(_CASES[number], second, **fields))


def test_a_session_says_what_is_under_review(session: ReviewSession, folder: DatasetFolder) -> None:
    """Which dataset, in which state, by whom, and whether its corpus can be searched."""
    about = session.about()
    assert (about.name, about.folder, about.reviewer, about.cases) == ("drafts", str(folder.path), "ana", 3)
    assert (about.fingerprint, about.key, about.searchable) == (folder.manifest.fingerprint, session.key, False)


def test_the_key_is_the_datasets_place_however_it_is_written(
    session: ReviewSession, folder: DatasetFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path leads to what the browser kept under the absolute one; another dataset has another key."""
    monkeypatch.chdir(tmp_path)
    near = replace(folder, path=Path("drafts"))
    other = written(tmp_path / "others", _CASES)
    assert open_session(near, session.store, "ben").key == session.key
    assert open_session(other, session.store, "ana").key != session.key


@pytest.mark.parametrize(
    ("count", "start", "given", "next_"),
    [
        (CHUNK, 0, CHUNK, None),
        (CHUNK + 1, 0, CHUNK, CHUNK),
        (CHUNK + 1, CHUNK, 1, None),
        (2 * CHUNK, CHUNK, CHUNK, None),
        (3, 99, 0, None),
        (0, 0, 0, None),
    ],
)
def test_cases_come_in_batches_that_leave_none_out(
    session: ReviewSession, count: int, start: int, given: int, next_: int | None
) -> None:
    """Each says where to go on; the last does not, also where it is full."""
    whole = ReviewSession(
        session.folder, (session.offers * CHUNK)[:count], session.store, "ana", session.stamp, None, session.corpus
    )
    batch = whole.chunk(start)
    assert (len(batch.cases), batch.next) == (given, next_)


def test_following_the_batches_gives_every_case_once(session: ReviewSession) -> None:
    """In the order of the dataset."""
    offers = tuple(offer.model_copy(update={"id": str(n)}) for n, offer in enumerate(session.offers * 150))
    whole = ReviewSession(session.folder, offers, session.store, "ana", session.stamp, None, session.corpus)
    ids, place = list[str](), 0
    while True:
        batch = whole.chunk(place)
        ids += [case.id for case in batch.cases]
        if batch.next is None:
            break
        place = batch.next
    assert ids == [str(n) for n in range(450)]


def test_a_decision_is_kept_with_what_it_says_of_the_draft(session: ReviewSession) -> None:
    """Accepted as shown it is an acceptance, with another reference an edit, whatever the page called it."""
    first = session.take(_post(session))
    second = session.take(_post(session, 2, reference="It costs five pounds."))
    assert (first.kept.decision.verdict, first.stale) == ("accept", False)
    assert (second.kept.decision.verdict, second.stale) == ("edit", False)
    assert [stored.decision.reference for stored in session.news(0).kept][-1] == "It costs five pounds."


def test_a_decision_for_another_dataset_is_refused(session: ReviewSession) -> None:
    """A page that was left open must not write into what is served now; nothing is kept."""
    post = _post(session).model_copy(update={"key": "0" * 16})
    with pytest.raises(MismatchError, match=r"another dataset than this server\. Do: open the link it printed"):
        session.take(post)
    assert session.news(0).kept == ()


def test_a_decision_of_somebody_else_is_refused(session: ReviewSession) -> None:
    """With the command by which that reviewer gets a server."""
    with pytest.raises(MismatchError, match="takes decisions of ana, not of ben") as caught:
        session.take(_post(session, reviewer="ben"))
    assert str(caught.value).endswith("--reviewer ben")
    assert session.news(0).kept == ()


@pytest.mark.parametrize("change", [{"case_digest": "f" * 64}, {"case_id": "gone"}])
def test_a_decision_about_a_case_that_is_another_now_is_kept_as_stale(
    session: ReviewSession, change: dict[str, Any]
) -> None:
    """Work is not thrown away, and nothing follows from it."""
    receipt = session.take(_post(session, **change))
    assert receipt.stale
    assert session.news(0).kept == (receipt.kept,)


def test_the_same_decision_sent_twice_is_one(session: ReviewSession) -> None:
    """As a browser does that got no reply."""
    first, again = (session.take(_post(session)) for _ in range(2))
    assert first == again
    assert len(session.news(0).kept) == 1


def test_news_are_what_came_after_a_place(session: ReviewSession) -> None:
    """Of any reviewer, and none twice."""
    place = session.take(_post(session)).kept.seq
    session.store.keep([decision(_CASES[1], 2, "ben", "reject")])
    news = session.news(place)
    assert [(stored.decision.reviewer, stored.decision.case_id) for stored in news.kept] == [("ben", "q-2")]
    assert session.news(news.kept[-1].seq).kept == ()
    assert not news.rebuilt


@pytest.mark.parametrize("how", ["anew", "gone"])
def test_a_dataset_that_was_built_anew_is_told(session: ReviewSession, folder: DatasetFolder, how: str) -> None:
    """And one that is gone as well: the page would show what no longer is."""
    file = folder.path / FILE
    content = file.read_bytes()
    file.unlink()
    if how == "anew":
        (folder.path / "new").write_bytes(content + b"\n")
        (folder.path / "new").rename(file)
    assert session.news(0).rebuilt


def test_agreement_is_that_of_all_who_decided(session: ReviewSession) -> None:
    """Two who say the same agree, and who is alone agrees with nobody."""
    store = session.store
    alone = session.agreement(store.keep([decision(_CASES[0], 1)]))
    both = session.agreement([*store.after(0), *store.keep([decision(_CASES[0], 2, "ben")])])
    assert alone != both
    assert [pair.n for pair in both.pairs] == [1]
