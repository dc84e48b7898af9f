"""Ground truth: reading it from anywhere, checking it, and keeping it as a dataset folder."""

from rag_eval.dataset.building import Built, build
from rag_eval.dataset.manifest import Manifest, fingerprint
from rag_eval.dataset.problems import BadRows, Problem
from rag_eval.dataset.reading import Item, cases, items

__all__ = ["BadRows", "Built", "Item", "Manifest", "Problem", "build", "cases", "fingerprint", "items"]
