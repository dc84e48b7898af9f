"""Bodies of a journal are small, and come back as they were."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples

from rag_eval.journal import FORMAT, Journal, JournalWriter, packing
from rag_eval.records import Answer, Case, Evidence, Failure, Score, Verdict

SENTENCE = "The last ferry of the day leaves the harbour at a quarter past nine"
VERDICTS = tuple(
    Verdict(part="response", statement=f"{SENTENCE} {n}.", verdict=1, reason=f"Said in: {SENTENCE}", support=1.0)
    for n in range(4)
)
ROWS: samples.Rows = [
    (
        Case(id="a", user_input="When?", tags=("time",), metadata={"cluster": "x"}),
        Answer(response="At nine — é.", latency_s=0.5, metadata={"usage": {"tokens": 3}, "degraded": True}),
        {"m": Score(value=0.5, evidence=Evidence(verdicts=VERDICTS))},
    ),
    (
        Case(id="b", user_input="Where?", answerable=False),
        Failure(stage="target", reason="timeout", message="no answer"),
        {"m": Failure(stage="judge", reason="refused", message="no")},
    ),
]


@given(st.text())
def test_a_text_comes_back(text: str) -> None:
    """Whatever it holds; what was never compressed is itself."""
    assert packing.plain(packing.packed(text)) == packing.plain(text) == text
    assert packing.plain(None) is None


def test_what_was_written_once_is_read_for_ever() -> None:
    """Another text to compare with would be another format: no journal that there is could be read."""
    assert (FORMAT, hashlib.sha256(packing._COMMON.encode()).hexdigest()[:16]) == (2, "3b28715d263e1d51")


def test_evidence_takes_a_fraction_of_its_json() -> None:
    """It is most of a journal; a body beyond a quarter of a page would take a page of its own."""
    body = ROWS[0][2]["m"].model_dump_json()
    assert len(packing.packed(body)) < len(body) / 4


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """A journal of format 1, whose bodies were texts."""
    path = tmp_path / "journal.db"
    with samples.journal(path, ROWS, ("m",)) as journal:
        for table, column in (("cases", "body"), ("cases", "reply"), ("outcomes", "body")):
            journal._db.execute(f"UPDATE {table} SET {column} = plain({column})")
        journal.remember(format="1")
    return path


def asked(journal: Journal) -> list[object]:
    """Everything that is asked of bodies."""
    facts = (journal.tags(), journal.answerable(), journal.clusters(), journal.repeats(), journal.measured())
    counts = (journal.marked("degraded"), journal.target_failures(), journal.failures(), journal.failed("m"))
    return [*facts, *counts, journal.question("b"), journal.outcomes("a"), journal.reply("b"), *journal.rows()]


def test_a_journal_that_was_not_compressed_says_the_same(former: Path, tmp_path: Path) -> None:
    """It is read as it is; who goes on with it makes it one that an older rag-eval refuses."""
    now = tmp_path / "now.db"
    with samples.journal(now, ROWS, ("m",)) as journal, Journal.open_(former) as before:
        assert asked(before) == asked(journal)
        assert {*journal._db.execute("SELECT typeof(body), typeof(reply) FROM cases")} == {("blob", "blob")}
        assert before.tags() == {"a": ("time",)}
        assert before.measured() == [(0.5, {"tokens": 3})]
        assert before.clusters() == {"a": "x"}
    with JournalWriter.open_(former) as journal:
        assert journal.meta.format == str(FORMAT)
        journal.record_outcomes("a", {"n": Score(value=1.0)})
        assert set(journal.outcomes("a")) == {"m", "n"}
