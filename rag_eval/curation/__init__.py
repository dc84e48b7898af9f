"""What is done to datasets with the help of other families: drafted and checked by a judge, measured by past runs."""

from rag_eval.curation.dataset_check import CheckOptions, CheckOutcome, check
from rag_eval.curation.drafts import DraftOptions, DraftReport, PlannedDrafts, SampleReport, draft, plan_drafts, sample

__all__ = [
    "CheckOptions",
    "CheckOutcome",
    "DraftOptions",
    "DraftReport",
    "PlannedDrafts",
    "SampleReport",
    "check",
    "draft",
    "plan_drafts",
    "sample",
]
