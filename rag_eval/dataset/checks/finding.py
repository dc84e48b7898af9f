"""What a check finds: which rows, what is wrong, and what to do about it."""

from typing import Literal

from pydantic import Field

from rag_eval.records import Record

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From the gravest: an error makes scores wrong, a warning makes them say less, a note is worth knowing."""


class DatasetFinding(Record):
    """One thing that is wrong with some rows, or with the set as a whole."""

    check: str
    severity: Severity
    rows: tuple[str, ...] = ()
    """Ids of the cases; none where it is the whole set."""
    message: str
    fix: str
    """What to do."""
    fixable: bool = False
    """Whether `--fix` does it: it loses nothing, and needs no opinion."""


class CheckReport(Record):
    """All that was found in a dataset."""

    name: str
    fingerprint: str
    rows: int
    findings: tuple[DatasetFinding, ...]
    ran: tuple[str, ...]
    """Checks that looked."""
    skipped: dict[str, str] = Field(default_factory=dict)
    """Checks that could not look, with the reason."""
    judge: str
    """Who judged what needs a judge."""
    smallest_difference: float | None = None
    """What a comparison of two runs over this set can be expected to see; None where the set is empty."""

    def at_least(self, severity: Severity) -> tuple[DatasetFinding, ...]:
        """The findings of this severity and of graver ones."""
        grave = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return tuple(finding for finding in self.findings if finding.severity in grave)
