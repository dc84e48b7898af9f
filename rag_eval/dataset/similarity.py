"""Which questions are one question; the rule stands in `language.similarity`, where targets can read it too."""

from rag_eval.language.similarity import NEAR, PARAPHRASED, SAME_ANSWER, Gist, Index, alike, gist, jaccard

__all__ = ["NEAR", "PARAPHRASED", "SAME_ANSWER", "Gist", "Index", "alike", "gist", "jaccard"]
