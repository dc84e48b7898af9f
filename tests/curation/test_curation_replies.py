"""A judge's replies are kept beside a dataset for as long as they are worth anything."""

from pathlib import Path

import pytest

from rag_eval.curation.replies import reply_journal
from rag_eval.errors import UsageError
from rag_eval.journal import JournalWriter
from rag_eval.records import RunMeta, Usage

_PAID = Usage(calls=1, prompt_tokens=10, completion_tokens=5)


def _beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path != folder)


def _pay(journal: JournalWriter, key: str = "k") -> None:
    journal.cache_reply(key, '"reply"')
    journal.add_usage(_PAID)


def _stopped(folder: Path, *, paid: bool, error: type[BaseException] = KeyboardInterrupt) -> None:
    def work() -> None:
        with reply_journal(folder, "drafting", free=False) as journal:
            if paid:
                _pay(journal)
            raise error

    with pytest.raises(error):
        work()


def test_replies_are_gone_once_all_is_written(tmp_path: Path) -> None:
    """While something is made of them they lie beside the folder, which need not be there yet."""
    folder = tmp_path / "deep" / "set"
    with reply_journal(folder, "drafting", free=False) as journal:
        _pay(journal)
        assert _beside(folder) == [".set.drafting"]
    assert _beside(folder) == []
    assert not folder.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_what_was_paid_for_outlives_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    """The next one finds the reply, and what it cost."""
    folder = tmp_path / "set"
    _stopped(folder, paid=True, error=error)
    with reply_journal(folder, "drafting", free=False) as journal:
        assert journal.cached_reply("k") == '"reply"'
        assert journal.usage().calls == 1


def test_where_nothing_was_paid_nothing_is_left(tmp_path: Path) -> None:
    """An error leaves no folder that somebody has to wonder about."""
    _stopped(tmp_path / "set", paid=False)
    assert _beside(tmp_path / "set") == []


def test_a_second_error_throws_away_no_earlier_payment(tmp_path: Path) -> None:
    """Also where that time nothing was asked."""
    folder = tmp_path / "set"
    _stopped(folder, paid=True)
    _stopped(folder, paid=False)
    with reply_journal(folder, "drafting", free=False) as journal:
        assert journal.cached_reply("k") == '"reply"'


def test_replies_for_one_work_are_not_those_for_another(tmp_path: Path) -> None:
    """Nor for another folder beside it."""
    _stopped(tmp_path / "set", paid=True)
    for folder, what in ((tmp_path / "set", "checking"), (tmp_path / "other", "drafting")):
        with reply_journal(folder, what, free=False) as journal:
            assert journal.cached_reply("k") is None


def test_of_a_judge_that_is_free_nothing_is_kept(tmp_path: Path) -> None:
    """Not beside the folder, and not after an error."""
    folder = tmp_path / "set"

    def work() -> None:
        with reply_journal(folder, "drafting", free=True) as journal:
            journal.cache_reply("k", '"reply"')
            assert journal.cached_reply("k") == '"reply"'
            assert _beside(folder) == []
            raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        work()
    with reply_journal(folder, "drafting", free=True) as journal:
        assert journal.cached_reply("k") is None


def test_where_one_stands_is_a_folder_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` has a name once it is resolved."""
    (tmp_path / "set").mkdir()
    monkeypatch.chdir(tmp_path / "set")
    with reply_journal(Path(), "drafting", free=False):
        assert (tmp_path / ".set.drafting" / "journal.db").is_file()


def test_a_kill_while_the_journal_was_made_is_no_obstacle(tmp_path: Path) -> None:
    """What it left is swept away."""
    work = tmp_path / ".set.drafting"
    work.mkdir()
    JournalWriter.create(work / "draft.db", RunMeta(key="half")).close()
    (work / "draft.db-wal").write_bytes(b"torn")
    with reply_journal(tmp_path / "set", "drafting", free=False) as journal:
        assert journal.meta.key == "set"
        assert not [*work.glob("draft.db*")]


def test_a_place_that_cannot_be_written_to_is_told_with_its_path(tmp_path: Path) -> None:
    """Before anything is asked."""
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(UsageError, match=r"/file/\.set\.drafting: cannot be written"),
        reply_journal(tmp_path / "file" / "set", "drafting", free=False),
    ):
        pytest.fail("nothing is to be done here")
