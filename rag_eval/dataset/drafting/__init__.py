"""Draft questions out of documents: passages in an index, a judge that writes and checks, spans of each answer."""

from rag_eval.dataset.drafting.asking import (
    KINDS,
    AnswersVerdict,
    DraftedQuestion,
    FollowsVerdict,
    Kind,
    SupportGrade,
    answers,
    supports,
)
from rag_eval.dataset.drafting.drafter import DraftRequest, DraftResult, draft_questions
from rag_eval.dataset.drafting.passage_index import CORPUS_COLUMNS, DOCUMENT_COLUMNS, CorpusPassage, PassageIndex
from rag_eval.dataset.drafting.planning import DraftPlan, plan
from rag_eval.dataset.drafting.quotes import QuotedSpan

__all__ = [
    "CORPUS_COLUMNS",
    "DOCUMENT_COLUMNS",
    "KINDS",
    "AnswersVerdict",
    "CorpusPassage",
    "DraftPlan",
    "DraftRequest",
    "DraftResult",
    "DraftedQuestion",
    "FollowsVerdict",
    "Kind",
    "PassageIndex",
    "QuotedSpan",
    "SupportGrade",
    "answers",
    "draft_questions",
    "plan",
    "supports",
]
