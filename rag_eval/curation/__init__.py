"""What is done to datasets with the help of other families: drafted and checked by a judge, measured by past runs."""

from rag_eval.curation.dataset_check import CheckOptions, CheckOutcome, check
from rag_eval.curation.drafts import Drafting, DraftReport, SampleReport, draft, sample

__all__ = ["CheckOptions", "CheckOutcome", "DraftReport", "Drafting", "SampleReport", "check", "draft", "sample"]
