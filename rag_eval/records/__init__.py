"""The words everyone speaks: what is asked, what came back, what it scored, and what that adds up to.

Field names are RAGAs' own. Whatever crosses a file or a wire is a frozen record here; unknown keys are refused.
"""

from rag_eval.records.base import Details, Record
from rag_eval.records.cases import DEGRADED, NO_END, THINKING, UNKNOWN, Answer, Case
from rag_eval.records.comparison import (
    MOST_NEEDED,
    Conclusion,
    MetricComparison,
    Movement,
    PairedMeans,
    RefusalChange,
    RefusalComparison,
    RunComparison,
    SliceComparison,
)
from rag_eval.records.gates import GateOutcome, GateResult, overall_outcome
from rag_eval.records.judging import ANSWERED_BY, SUSPICIOUS, ObservedJudge, answered_by
from rag_eval.records.meta import RunMeta
from rag_eval.records.outcomes import (
    ANSWERED,
    NO_TEXT,
    REFUSED,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Reply,
    Score,
    Verdict,
)
from rag_eval.records.reasons import NOT_SENT, Reason
from rag_eval.records.summary import (
    FailureGroup,
    Interval,
    MetricSummary,
    MetricTraits,
    Origin,
    RefusalCounts,
    SequentialDesign,
    SliceSummary,
    Summary,
    SuspiciousCases,
    Usage,
    WorkTree,
    limit_said,
)

__all__ = [
    "ANSWERED",
    "ANSWERED_BY",
    "DEGRADED",
    "MOST_NEEDED",
    "NOT_SENT",
    "NO_END",
    "NO_TEXT",
    "REFUSED",
    "SUSPICIOUS",
    "THINKING",
    "UNKNOWN",
    "Answer",
    "Case",
    "Conclusion",
    "Details",
    "Evidence",
    "Failure",
    "FailureGroup",
    "GateOutcome",
    "GateResult",
    "Interval",
    "MetricComparison",
    "MetricSummary",
    "MetricTraits",
    "Movement",
    "NotApplicable",
    "ObservedJudge",
    "Origin",
    "Outcome",
    "PairedMeans",
    "Reason",
    "Record",
    "RefusalChange",
    "RefusalComparison",
    "RefusalCounts",
    "Reply",
    "RunComparison",
    "RunMeta",
    "Score",
    "SequentialDesign",
    "SliceComparison",
    "SliceSummary",
    "Summary",
    "SuspiciousCases",
    "Usage",
    "Verdict",
    "WorkTree",
    "answered_by",
    "limit_said",
    "overall_outcome",
]
