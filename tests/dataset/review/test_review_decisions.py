"""Decisions are kept at once, once each, and never changed."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.reviewing import BEGAN, decision, ferry

from rag_eval.dataset.review.decisions import DecisionStore, ReviewDecision, load, moment, newest
from rag_eval.errors import DataError, MismatchError, UsageError


def clock() -> float:
    """A moment after all decisions of these tests."""
    return BEGAN + 1_000_000


def test_a_decision_is_there_when_keep_returns(tmp_path: Path) -> None:
    """Another connection sees it without the store being closed."""
    with DecisionStore.open_(tmp_path, clock) as store:
        (kept,) = store.keep([decision(ferry(1), 1)])
        assert load(tmp_path) == (kept.decision,)
        assert store.after(0) == (kept,)
        assert store.after(kept.seq) == ()


def test_the_same_decision_sent_twice_is_kept_once(tmp_path: Path) -> None:
    """Also when it was given another time on its second way; the first answer is given again."""
    with DecisionStore.open_(tmp_path, clock) as store:
        first = store.keep([decision(ferry(1), 1)])
        again = store.keep([decision(ferry(1), 1, at=moment(BEGAN + 9))])
        assert again == first
        assert len(store.after(0)) == 1


def test_another_decision_under_the_same_uuid_is_refused(tmp_path: Path) -> None:
    """Nothing is taken for something else, and of several none is kept."""
    with DecisionStore.open_(tmp_path, clock) as store:
        store.keep([decision(ferry(1), 1)])
        other = decision(ferry(1), 1, verdict="reject")
        with pytest.raises(MismatchError, match="another decision has this uuid"):
            store.keep([decision(ferry(2), 2), other])
        assert len(store.after(0)) == 1


@pytest.mark.parametrize("order", ["UPDATE decisions SET verdict = 'reject'", "DELETE FROM decisions"])
def test_the_file_itself_refuses_to_change_or_delete(tmp_path: Path, order: str) -> None:
    """Not even by hand."""
    with DecisionStore.open_(tmp_path, clock) as store:
        store.keep([decision(ferry(1), 1)])
    db = sqlite3.connect(tmp_path / "review.db")
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        db.execute(order)
    db.close()


def test_a_time_to_come_is_set_to_now(tmp_path: Path) -> None:
    """A browser whose clock is ahead does not win against what is decided later."""
    with DecisionStore.open_(tmp_path, lambda: BEGAN + 5) as store:
        (kept,) = store.keep([decision(ferry(1), 500)])
    assert kept.decision.at == moment(BEGAN + 5)


def test_the_newest_is_the_one_decided_last_however_late_it_came() -> None:
    """A page that was cut off may send an old decision after a newer one."""
    new, late = decision(ferry(1), 9, verdict="reject"), decision(ferry(1), 3)
    assert list(newest([new, late]).values()) == [new]


def test_of_two_at_the_same_time_the_later_kept_counts() -> None:
    """Undo within one tick of the clock holds."""
    one, two = decision(ferry(1), 1), decision(ferry(1), 1, uuid="another-one", verdict="reject")
    assert list(newest([one, two]).values()) == [two]


def test_what_is_taken_back_leaves_the_case_undecided() -> None:
    """And another reviewer's decision stays."""
    taken_back = decision(ferry(1), 2, undone=True)
    bens = decision(ferry(1), 1, "ben")
    assert list(newest([decision(ferry(1), 1), bens, taken_back]).values()) == [bens]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from(["ana", "ben"])), max_size=12))
def test_every_case_and_reviewer_has_one_newest(said: list[tuple[int, int, str]]) -> None:
    """None is newer than it."""
    all_ = [decision(ferry(number), at, who, uuid=f"uuid-{n:04d}") for n, (number, at, who) in enumerate(said)]
    found = newest(all_)
    assert set(found) == {(one.case_id, one.reviewer) for one in all_}
    for (case_id, reviewer), one in found.items():
        assert one.at == max(o.at for o in all_ if (o.case_id, o.reviewer) == (case_id, reviewer))


def test_times_are_kept_in_utc_and_sort_as_text() -> None:
    """Whatever zone they were said in."""
    assert decision(ferry(1), 1, at="2026-01-31T10:15:00+01:00").at == "2026-01-31T09:15:00.000000Z"
    with pytest.raises(ValidationError, match="with its zone"):
        decision(ferry(1), 1, at="2026-01-31T10:15:00")


@pytest.mark.parametrize("name", ["", " ana", "a\nb", "x" * 101])
def test_a_reviewer_has_a_name_that_can_be_shown(name: str) -> None:
    """Names are compared letter by letter, so white space at their ends would make two of one."""
    with pytest.raises(ValidationError):
        decision(ferry(1), 1, reviewer=name)


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    """A dataset that nobody reviewed stays as it is."""
    assert load(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    """By path, for readers and for writers."""
    (tmp_path / "review.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(DataError, match=r"review\.db: holds no decisions"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"review\.db: holds no decisions"):
        DecisionStore.open_(tmp_path, clock)


def test_a_newer_format_is_not_guessed_at(tmp_path: Path) -> None:
    """The message says to update."""
    db = sqlite3.connect(tmp_path / "review.db")
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(DataError, match="Update rag-eval"):
        DecisionStore.open_(tmp_path, clock)


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody decides anything."""
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UsageError, match="decisions could not be kept"):
        DecisionStore.open_(tmp_path, clock)


_WRITER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from support.reviewing import decision, ferry
from rag_eval.dataset.review.decisions import DecisionStore
while not Path(sys.argv[1], "go").exists():
    time.sleep(0.001)
with DecisionStore.open_(Path(sys.argv[1]), time.time) as store:
    for n in range(25):
        store.keep([decision(ferry(n), n, sys.argv[2])])
"""


@pytest.mark.slow
def test_several_processes_write_at_once(tmp_path: Path, repository: Path) -> None:
    """From a file that is not there yet; all of their decisions are in it, none twice."""
    names = ["ana", "ben", "cleo"]
    arguments = [[sys.executable, "-c", _WRITER, str(tmp_path), name, str(repository / "tests")] for name in names]
    writers = [subprocess.Popen(one, cwd=repository) for one in arguments]
    time.sleep(1)
    (tmp_path / "go").touch()
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    kept = load(tmp_path)
    assert len(kept) == len({one.uuid for one in kept}) == 75


def test_a_decision_survives_json() -> None:
    """As it crosses the wire and the file."""
    one = decision(ferry(1), 1, comment="näher", final=True)
    assert ReviewDecision.model_validate_json(one.model_dump_json()) == one
