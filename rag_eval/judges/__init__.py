"""Whoever answers RAGAs' prompts: a language model, or the judge inside."""

from rag_eval.judges.connecting import ConnectedJudge, JudgeSharing, check, connect, origin
from rag_eval.judges.middleware import CachedReplies, Ledger, Store

__all__ = ["CachedReplies", "ConnectedJudge", "JudgeSharing", "Ledger", "Store", "check", "connect", "origin"]
