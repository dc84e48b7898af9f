"""What has happened in a run: nothing that was kept is lost, and nothing is half there."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples
from support.writer import METRICS

from rag_eval.errors import MismatchError
from rag_eval.journal import FORMAT, Journal, JournalWriter, Row
from rag_eval.records import Answer, Case, Evidence, Failure, NotApplicable, ObservedJudge, Outcome, Score, Usage

_TIMEOUT = Failure(stage="target", reason="timeout", message="It took too long.")
_NO_REFERENCE = NotApplicable(reason="no reference")


def _case(number: int, *tags: str) -> Case:
    return Case(id=f"case-{number}", user_input=f"Question {number}?", tags=tags)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a run's journal would lie; the folder's name is one that a URI must escape."""
    folder = tmp_path / "a run? 100 % #1"
    folder.mkdir()
    return folder / "journal.db"


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(samples.cases, samples.replies, st.dictionaries(samples.names, samples.outcomes, max_size=3)),
        max_size=4,
        unique_by=lambda row: row[0].id,
    ),
    st.dictionaries(samples.texts, samples.texts, max_size=3),
)
def test_everything_that_is_kept_is_read_back(rows: samples.Rows, judged: dict[str, str]) -> None:
    """Equal to what was written, by the writer and by whoever opens the file later."""
    expected = [Row(i, case, reply, came_to) for i, (case, reply, came_to) in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        with samples.journal(Path(folder) / "journal.db", rows) as journal:
            for key, body in judged.items():
                journal.cache_reply(key, body)
            assert list(journal.rows()) == expected
        with Journal.open_(Path(folder) / "journal.db") as journal:
            assert list(journal.rows()) == expected
            assert journal.ids() == {case.id for case, _, _ in rows}
            assert journal.count() == len(rows)
            for row in expected:
                assert journal.row(row.case.id) == row
                assert journal.reply(row.case.id) == row.reply
                assert journal.outcomes(row.case.id) == row.outcomes
                assert journal.question(row.case.id) == row.case.user_input
            assert {key: journal.cached_reply(key) for key in judged} == judged
            names = {name for row in expected for name in row.outcomes}
            for name in names:
                scored = {row.case.id: row.outcomes.get(name) for row in expected}
                values = {key: o.value for key, o in scored.items() if isinstance(o, Score)}
                assert journal.values(name) == values


def test_what_was_not_kept_is_not_there(path: Path) -> None:
    """A case that was never asked has no reply, no outcome and no place."""
    with samples.journal(path, []) as journal:
        assert journal.reply("nobody") is None
        assert journal.outcomes("nobody") == {}
        assert journal.cached_reply("nothing") is None
        assert list(journal.rows()) == []
        assert journal.sessions() == (0.0, 0.0, 0.0)
        assert journal.usage() == Usage()


@pytest.mark.slow
def test_a_kill_loses_nothing(path: Path) -> None:
    """Killed at any moment, a run goes on with all that it had said to be kept, and with no case torn."""
    rng = random.Random(7)
    said: list[tuple[str, int]] = []
    for _ in range(12):
        said += _write_until_killed(path, rng.uniform(0, 0.05))
        with Journal.open_(path) as journal:
            for what, number in said:
                _expect(journal, what, number)
            for row in journal.rows():
                assert row.case.user_input == "q" * 500
                assert row.reply == Answer(response=f"answer {row.position}")
                assert set(row.outcomes) in (set(), set(METRICS))
    assert len({number for _, number in said}) > 12
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


def _write_until_killed(path: Path, seconds: float) -> list[tuple[str, int]]:
    """What the writer had said to be kept when it was killed, so long after it had opened the journal."""
    command = [sys.executable, "-m", "support.writer", str(path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[1:3]))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        opened = writer.stdout.readline()
        assert opened.startswith("open")
        timer = threading.Timer(seconds, writer.kill)
        timer.start()
        whole = [line.split() for line in writer.stdout if line.endswith("\n")]
        timer.join()
    return [(what, int(number)) for what, number in whole]


def _expect(journal: Journal, what: str, number: int) -> None:
    match what:
        case "reply":
            assert journal.reply(f"case-{number}") == Answer(response=f"answer {number}")
        case "outcomes":
            assert journal.outcomes(f"case-{number}") == {name: Score(value=number / 2) for name in METRICS}
        case _:
            assert journal.cached_reply(f"prompt-{number}") == f'"{number}"'


def test_a_run_has_one_writer(path: Path) -> None:
    """A second is turned away while the first works, and welcome afterwards."""
    with samples.journal(path, []):
        with pytest.raises(MismatchError, match="another process is working on this run"):
            JournalWriter.open_(path)
        with pytest.raises(MismatchError, match="another process is working on this run"):
            JournalWriter.create(path)
        with Journal.open_(path) as reader:
            assert reader.count() == 0
    with JournalWriter.open_(path) as journal:
        journal.record_reply(0, _case(0), Answer())


def test_a_writer_in_another_process_is_noticed(path: Path) -> None:
    """And one that was killed stands in nobody's way."""
    command = [sys.executable, "-m", "support.writer", str(path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[1:3]))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(MismatchError, match="another process"):
            JournalWriter.open_(path)
        writer.kill()
        writer.stdout.read()
    JournalWriter.open_(path).close()


def test_a_reader_sees_whole_cases_while_they_are_written(path: Path) -> None:
    """Outcomes that are kept together appear together, and reading hinders no write."""
    done = threading.Event()
    both: dict[str, Outcome] = {"one": Score(value=1.0), "two": _NO_REFERENCE}

    def write() -> None:
        try:
            with JournalWriter.open_(path) as journal:
                for number in range(300):
                    journal.record_reply(number, _case(number), Answer())
                    journal.record_outcomes(f"case-{number}", both)
        finally:
            done.set()

    samples.journal(path, []).close()
    writer = threading.Thread(target=write)
    writer.start()
    seen, finished = 0, False
    while not finished:
        finished = done.is_set()
        with Journal.open_(path) as reader:
            rows = list(reader.rows())
        assert [row.position for row in rows] == list(range(len(rows)))
        assert all(row.outcomes in ({}, both) for row in rows)
        assert all(row.outcomes for row in rows[:-1])
        assert len(rows) >= seen
        seen = len(rows)
        time.sleep(0.002)
    writer.join()
    assert seen == 300


def test_a_look_is_at_one_moment(path: Path) -> None:
    """However long a reader takes, all it reads fits together; who opens the journal anew sees what came since."""
    rows: samples.Rows = [(_case(i), Answer(), {}) for i in range(3)]
    with samples.journal(path, rows) as journal, Journal.open_(path) as reader:
        journal.record_outcomes("case-2", {"one": Score(value=1.0)})
        journal.record_reply(3, _case(3), _TIMEOUT)
        assert list(reader.rows()) == [Row(i, _case(i), Answer(), {}) for i in range(3)]
        assert (reader.count(), reader.values("one"), reader.target_failures()) == (3, {}, {})
        with Journal.open_(path) as later:
            assert (later.count(), later.values("one")) == (4, {"case-2": 1.0})


def test_what_fails_in_the_middle_leaves_nothing(path: Path) -> None:
    """Writes that belong together are all there or none is."""
    with samples.journal(path, []) as journal:
        with suppress(ZeroDivisionError), journal.transaction():
            journal.remember(name="half")
            raise ZeroDivisionError
        assert journal.meta.name != "half"
        journal.record_reply(0, _case(0), Answer())
        assert journal.count() == 1


@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("content", [b"", b"words " * 500, b"SQLite format 3\x00" + b"\x00" * 500])
def test_what_is_no_journal_is_said_not_to_be(path: Path, content: bytes, *, writable: bool) -> None:
    """Whatever lies there is left as it was, and nothing holds it any more."""
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(MismatchError, match="is not a journal of rag-eval") as raised:
            (JournalWriter if writable else Journal).open_(path)
        assert str(path) in str(raised.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("writable", [False, True])
def test_a_journal_of_another_format_is_not_read(path: Path, *, writable: bool) -> None:
    """The format it has and the one that is read are both named."""
    with samples.journal(path, []) as journal:
        journal.remember(format="99")
    for _ in range(2):
        with pytest.raises(MismatchError, match=f"has format 99, this rag-eval reads format {FORMAT}"):
            (JournalWriter if writable else Journal).open_(path)


def test_a_folder_without_a_journal_is_no_run(path: Path) -> None:
    """It is named, and opening makes no file."""
    for writable in (False, True):
        with pytest.raises(MismatchError, match=r"is not a run: it holds no journal\.db"):
            (JournalWriter if writable else Journal).open_(path)
    assert list(path.parent.iterdir()) == []


def test_an_archived_run_can_be_read(path: Path) -> None:
    """Also where nothing can be written, as on a disk that is mounted for reading."""
    samples.journal(path, [(_case(0), Answer(), {})]).close()
    path.with_suffix(".lock").unlink(missing_ok=True)
    probe = f"from pathlib import Path; from rag_eval.journal import Journal; j = Journal.open_(Path({str(path)!r}))"
    command = [sys.executable, "-c", f"{probe}; print(j.count(), [r.case.id for r in j.rows()]); j.close()"]
    path.parent.chmod(0o555)
    try:
        found = subprocess.run(_without_rights(command), capture_output=True, text=True, check=False)
    finally:
        path.parent.chmod(0o755)
    assert (found.stdout, found.stderr) == ("1 ['case-0']\n", "")
    assert list(path.parent.iterdir()) == [path]


def _without_rights(command: list[str]) -> list[str]:
    """The command as it runs for somebody who may not write everywhere."""
    if os.getuid():
        return command
    dropper = shutil.which("setpriv")
    if dropper is None:
        pytest.skip("root may write anywhere, and setpriv is not here to be somebody else")
    return [dropper, "--bounding-set=-all", "--inh-caps=-all", *command]


def test_another_reply_forgets_what_the_first_had_scored(path: Path) -> None:
    """And touches no other case."""
    came_to: dict[str, Outcome] = {"faithfulness": Score(value=1.0), "latency": _NO_REFERENCE}
    rows: samples.Rows = [(_case(i), _TIMEOUT, came_to) for i in range(2)]
    with samples.journal(path, rows) as journal:
        journal.record_reply(0, _case(0), Answer(response="At last."))
        assert journal.row("case-0") == Row(0, _case(0), Answer(response="At last."), {})
        assert journal.row("case-1") == Row(1, _case(1), _TIMEOUT, came_to)
        assert journal.count() == 2
        assert journal.target_failures() == {"timeout": 1}


def test_a_metric_that_is_tried_again_replaces_what_it_came_to(path: Path) -> None:
    """A failure becomes a score, and what other metrics came to stays."""
    failed = Failure(stage="judge", reason="incomplete_verdicts", message="Too few.")
    with samples.journal(path, [(_case(0), Answer(), {"a": failed, "b": Score(value=0.5)})]) as journal:
        assert [*journal.reasons("a", "failure").values()] == ["incomplete_verdicts"]
        journal.record_outcomes("case-0", {"a": Score(value=1.0)})
        assert journal.outcomes("case-0") == {"a": Score(value=1.0), "b": Score(value=0.5)}
        assert journal.reasons("a", "failure") == {}
        assert journal.values("a") == {"case-0": 1.0}


def test_usage_adds_up_over_sessions(path: Path) -> None:
    """Every paid call counts, however often the run was stopped."""
    samples.journal(path, []).close()
    for session in range(3):
        with JournalWriter.open_(path) as journal:
            for _ in range(session):
                journal.add_usage(Usage(calls=1, prompt_tokens=100, completion_tokens=7))
    with Journal.open_(path) as journal:
        assert journal.usage() == Usage(calls=3, prompt_tokens=300, completion_tokens=21)


@pytest.mark.parametrize(("priced", "cost"), [(3, 0.75), (2, None), (0, None)])
def test_what_a_judge_shows_of_itself_adds_up(path: Path, priced: int, cost: float | None) -> None:
    """Over sessions too; a cost that a gateway does not say of every call is none of the run."""
    samples.journal(path, []).close()
    for number in range(3):
        known = {"cost_usd": 0.25, "priced": 1} if number < priced else {}
        seen = ObservedJudge.model_validate({"models": {f"m{number % 2}": 1}, "left_out": ("seed",), **known})
        with JournalWriter.open_(path) as journal:
            journal.add_usage(Usage(calls=1, seen=seen))
    with Journal.open_(path) as journal:
        judged = journal.meta.judged
        assert (judged.models, judged.left_out, journal.usage().cost_usd) == ({"m0": 2, "m1": 1}, ("seed",), cost)
        assert "seen" not in Usage(seen=judged).model_dump()


def test_sessions_tell_when_and_how_long(path: Path) -> None:
    """From the first start to the last end; pauses between are not counted, and a session may be said again."""
    with samples.journal(path, []) as journal:
        for started, ended in ((1000.0, 1001.0), (1000.0, 1010.0), (2000.0, 2005.5)):
            journal.record_session(started, ended)
        assert journal.sessions() == (1000.0, 2005.5, 15.5)


@given(st.permutations(range(12)))
def test_rows_come_in_the_dataset_s_order(order: list[int]) -> None:
    """Whatever the order in which they were written."""
    with tempfile.TemporaryDirectory() as folder, samples.journal(Path(folder) / "journal.db", []) as journal:
        for number in order:
            journal.record_reply(number, _case(number), Answer())
        for number in reversed(order):
            journal.record_outcomes(f"case-{number}", {"one": Score(value=number)})
        assert [row.position for row in journal.rows()] == list(range(12))
        assert list(journal.values("one")) == [f"case-{i}" for i in range(12)]


def test_reasons_tell_each_case_in_the_dataset_s_order(path: Path) -> None:
    """Failures and what does not apply are told apart; counted, equal counts stand in the order of the alphabet."""
    reasons = ("b", "a", "c", "c")
    rows: samples.Rows = [
        (_case(i), Failure(stage="target", reason=r, message="m"), {"m": Failure(stage="judge", reason=r, message="m")})
        for i, r in enumerate(reasons)
    ]
    with samples.journal(path, [*rows, (_case(9), Answer(), {"m": _NO_REFERENCE})]) as journal:
        assert list(journal.reasons("m", "failure").items()) == [(f"case-{i}", r) for i, r in enumerate(reasons)]
        assert journal.reasons("m", "not_applicable") == {"case-9": "no reference"}
        assert list(journal.target_failures().items()) == [("c", 2), ("a", 1), ("b", 1)]


def test_scores_that_were_read_do_not_hide_what_is_written_afterwards(path: Path) -> None:
    """Also where an answer is replaced, whose scores are then gone."""
    with samples.journal(path, [(_case(0), Answer(), {"m": Score(value=0.5)})]) as journal:
        assert journal.values("m") == {"case-0": 0.5}
        journal.record_outcomes("case-0", {"m": Score(value=0.75), "n": Score(value=1.0)})
        assert journal.values("m") == {"case-0": 0.75}
        assert journal.scored(["m", "n"]) == 1
        journal.record_reply(0, _case(0), Answer(response="other"))
        assert journal.values("m") == {}
        assert journal.scored(["m"]) == 0


def test_evidence_is_kept_whole(path: Path) -> None:
    """Verdicts, prompts and details come back with their score."""
    evidence = Evidence(prompts=("a" * 64,), details={"precision": 0.5, "claims": ["one", None]})
    with samples.journal(path, [(_case(0), Answer(), {"a": Score(value=0.5, evidence=evidence)})]) as journal:
        assert journal.outcomes("case-0") == {"a": Score(value=0.5, evidence=evidence)}
