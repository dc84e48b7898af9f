"""Datasets as they change: what differs between two, two made one, one parted, an old one brought up to date."""

from rag_eval.dataset.versions.diffing import Changed, Difference, diff
from rag_eval.dataset.versions.merging import Merged, merge
from rag_eval.dataset.versions.migrating import migrate
from rag_eval.dataset.versions.pushing import push
from rag_eval.dataset.versions.splitting import PARTS, Parted, split

__all__ = ["PARTS", "Changed", "Difference", "Merged", "Parted", "diff", "merge", "migrate", "push", "split"]
