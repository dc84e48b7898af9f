"""A gate proves itself: a run's answers are spoilt in known ways, scored again, and held to the gates."""

from rag_eval.proving.proof import SHARES, KindProof, Proof, ProofOptions, prove

__all__ = ["SHARES", "KindProof", "Proof", "ProofOptions", "prove"]
