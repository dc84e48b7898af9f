"""JUnit XML, as those who read it read it."""

from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from support import samples

from rag_eval.records import GateOutcome, GateResult
from rag_eval.reports import junit

NASTY = "a < b & c \x00\x1b[31m \ud83d ]]> \"q\" 'q' \ufffe é"


def gate(outcome: GateOutcome, text: str = "x.mean >= 0.5") -> GateResult:
    """What became of a gate."""
    return GateResult(expression=text, outcome=outcome, sentence=f"{text}: {outcome}")


def read(path: Path, content: bytes) -> JUnitXml:
    """What a reader makes of it."""
    path.write_bytes(content)
    parsed = JUnitXml.fromfile(str(path))
    assert isinstance(parsed, JUnitXml)
    return parsed


LOST = (junit.LostQuestion("q1", "Why?", "timeout", "no answer: 30 s went by"),)


def test_a_reader_finds_each_gate_and_each_lost_question(tmp_path: Path) -> None:
    """A gate that failed is a failure, an undecided one is skipped, a question that failed is an error."""
    gates = (gate("passed"), gate("failed"), gate("undecided"))
    content = junit.document("support", samples.summary(), gates, LOST, "runner-7")
    suites = [*read(tmp_path / "x.xml", content)]
    assert [suite.name for suite in suites] == ["support.gates", "support.questions"]
    counts = [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in suites]
    assert counts == [(3, 1, 0, 1), (1, 0, 1, 0)]
    assert {suite.hostname for suite in suites} == {"runner-7"}
    cases = [case for suite in suites for case in suite]
    results = [[type(result) for result in case.result] for case in cases]
    assert results == [[], [Failure], [Skipped], [Error]]
    assert (cases[3].name, cases[3].classname, cases[3].result[0].type) == ("q1", "support.questions", "timeout")
    assert cases[1].result[0].message == "x.mean >= 0.5: failed"
    whole = read(tmp_path / "x.xml", content)
    assert (whole.tests, whole.failures, whole.errors, whole.skipped) == (4, 1, 1, 1)
    assert whole.time == pytest.approx(samples.summary().seconds, abs=0.001)


def test_what_counts_as_failed_is_a_failure(tmp_path: Path) -> None:
    """Where the command line says that an undecided gate fails, the file says so too."""
    content = junit.document("s", samples.summary(), (gate("undecided"),), (), "h", undecided_fails=True)
    [suite, _] = read(tmp_path / "x.xml", content)
    assert (suite.failures, suite.skipped) == (1, 0)


def test_any_text_makes_a_document(tmp_path: Path) -> None:
    """What XML cannot hold is replaced, the rest comes back as it was."""
    lost = (junit.LostQuestion(NASTY, NASTY, NASTY, NASTY),)
    content = junit.document("s", samples.summary(), (gate("failed", NASTY),), lost, NASTY)
    [case] = [case for suite in read(tmp_path / "x.xml", content) for case in suite if suite.name == "s.questions"]
    assert case.name == NASTY.translate({0: "\ufffd", 0x1B: "\ufffd", 0xD83D: "\ufffd", 0xFFFE: "\ufffd"})
