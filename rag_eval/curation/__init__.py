"""What is done to datasets with the help of other families: drafted and checked by a judge, measured by past runs."""

from rag_eval.curation.drafts import Drafting, DraftReport, SampleReport, draft, sample
from rag_eval.curation.quality import Checked, Checking, check

__all__ = ["Checked", "Checking", "DraftReport", "Drafting", "SampleReport", "check", "draft", "sample"]
