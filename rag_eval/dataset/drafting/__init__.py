"""Draft questions out of documents: passages on a shelf, a judge that writes and checks, spans of each answer."""

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
from rag_eval.dataset.drafting.drafter import Drafted, Wanted, draft_questions
from rag_eval.dataset.drafting.locating import Span
from rag_eval.dataset.drafting.shelf import CORPUS_COLUMNS, DOCUMENT_COLUMNS, Passage, Shelf

__all__ = [
    "CORPUS_COLUMNS",
    "DOCUMENT_COLUMNS",
    "KINDS",
    "AnswersVerdict",
    "Drafted",
    "DraftedQuestion",
    "FollowsVerdict",
    "Kind",
    "Passage",
    "Shelf",
    "Span",
    "SupportGrade",
    "Wanted",
    "answers",
    "draft_questions",
    "supports",
]
