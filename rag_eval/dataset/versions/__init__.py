"""Datasets as they change: what differs between two, two made one, one parted, an old one brought up to date."""

from rag_eval.dataset.versions.diffing import CaseChange, DatasetDifference, diff
from rag_eval.dataset.versions.merging import MergeResult, merge
from rag_eval.dataset.versions.migrating import migrate
from rag_eval.dataset.versions.pushing import push
from rag_eval.dataset.versions.splitting import PARTS, SplitResult, split

__all__ = [
    "PARTS",
    "CaseChange",
    "DatasetDifference",
    "MergeResult",
    "SplitResult",
    "diff",
    "merge",
    "migrate",
    "push",
    "split",
]
