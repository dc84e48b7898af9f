"""Ground truth: reading it from anywhere, making it, checking it, and keeping it as a dataset folder."""

from rag_eval.dataset.account import Account, Tally
from rag_eval.dataset.building import build
from rag_eval.dataset.manifest import Manifest, case_digest, fingerprint
from rag_eval.dataset.problems import BadRowsError, RowProblem
from rag_eval.dataset.reading import Item, answers, cases, items
from rag_eval.dataset.writing import WriteResult

__all__ = [
    "Account", "BadRowsError", "Item", "Manifest", "RowProblem", "Tally", "WriteResult", "answers", "build",
    "case_digest", "cases", "fingerprint", "items",
]  # fmt: skip
