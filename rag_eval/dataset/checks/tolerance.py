"""How much may be found in a dataset before it counts as bad."""

from dataclasses import dataclass
from typing import Self

from rag_eval.dataset.checks.finding import CheckReport, DatasetFinding, Severity

_MOST = 1e9
"""Findings beyond which a number is none."""


@dataclass(frozen=True)
class Tolerance:
    """Which findings count against a dataset, and how many of them may be."""

    severity: Severity | None
    """Findings of this severity and graver ones count; None where none does."""
    most: float = 0.0
    """Findings that may be, or percent of the rows."""
    is_percent: bool = False

    @classmethod
    def parse(cls, severity: Severity | None, text: str) -> Self:
        """A tolerance of `3` findings, or of `2%` of the rows; raises `ValueError` for anything else."""
        most = float(text.strip().removesuffix("%").strip())
        if not 0 <= most <= _MOST:  # also what is no number
            raise ValueError(text)
        return cls(severity, most, "%" in text)

    def counted(self, report: CheckReport) -> tuple[DatasetFinding, ...]:
        """The findings that count."""
        return () if self.severity is None else report.at_least(self.severity)

    def allowed(self, report: CheckReport) -> int:
        """How many of them may be."""
        return int(self.most / 100 * report.rows) if self.is_percent else int(self.most)

    def is_kept(self, report: CheckReport) -> bool:
        """Whether no more was found than may be."""
        return len(self.counted(report)) <= self.allowed(report)
