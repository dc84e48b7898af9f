"""How much may be found in a dataset before it counts as bad."""

import pytest

from rag_eval.dataset.checks import CheckReport, DatasetFinding, Severity
from rag_eval.dataset.checks.tolerance import Tolerance


def _report(*severities: Severity, rows: int = 50) -> CheckReport:
    findings = tuple(DatasetFinding(check="x", severity=each, message="m", fix="f") for each in severities)
    return CheckReport(name="d", fingerprint="f", rows=rows, findings=findings, ran=("x",), judge="none")


@pytest.mark.parametrize(
    ("text", "rows", "allowed"),
    [("0", 50, 0), ("3", 50, 3), (" 2 % ", 50, 1), ("2%", 49, 0), ("100%", 7, 7), ("2.9", 50, 2)],
)
def test_an_allowance_is_a_number_or_a_share_of_the_rows(text: str, rows: int, allowed: int) -> None:
    """A share is rounded down: no more than it may be."""
    assert Tolerance.parse("note", text).allowed(_report(rows=rows)) == allowed


@pytest.mark.parametrize("text", ["", "-1", "many", "nan", "inf", "1e10", "%", "2%%x"])
def test_what_is_no_allowance_is_refused(text: str) -> None:
    """Whoever asked for it is told, by the command."""
    with pytest.raises(ValueError):  # noqa: PT011 - float's own message, or ours
        Tolerance.parse("note", text)


@pytest.mark.parametrize(("severity", "counted"), [("error", 1), ("warning", 2), ("note", 4), (None, 0)])
def test_findings_of_a_severity_and_of_graver_ones_count(severity: Severity | None, counted: int) -> None:
    """None of them where nothing is to count."""
    report = _report("note", "error", "warning", "note")
    tolerance = Tolerance.parse(severity, "1")
    assert len(tolerance.counted(report)) == counted
    assert tolerance.is_kept(report) is (counted <= 1)
