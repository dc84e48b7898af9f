"""A load test with what its answers were worth."""

from rag_eval.loadtest.summary import LoadSummary
from rag_eval.records import Record, RunComparison


class Quality(Record):
    """A sample of the answers under load, scored against the answers to the same questions at rest."""

    sample: int
    """Questions whose answer under load was kept."""
    at_rest: str
    """Folder of the run at rest, A of the comparison."""
    under_load: str
    """Folder of the run over the answers under load, B of the comparison."""
    comparison: RunComparison
    worse: tuple[str, ...]
    """Metrics that are worse under load: the whole interval of the difference says so."""


class LoadTestResult(Record):
    """Everything that a load test came to."""

    load: LoadSummary
    quality: Quality | None = None
    """None where no sample was asked for, no answer came, or they could not be scored."""
    unscored: str | None = None
    """Why they could not be scored."""

    @property
    def passed(self) -> bool:
        """Whether the service kept what it had to, and its answers were no worse."""
        return self.load.passed and not (self.quality and self.quality.worse) and self.unscored is None
