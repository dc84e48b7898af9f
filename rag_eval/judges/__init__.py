"""Whoever answers RAGAs' prompts: a language model, or the judge inside."""

from rag_eval.judges.connecting import ConnectedJudge, JudgeSharing, check, connect, origin
from rag_eval.judges.middleware import CachedReplies, Ledger, ReplyStore

__all__ = ["CachedReplies", "ConnectedJudge", "JudgeSharing", "Ledger", "ReplyStore", "check", "connect", "origin"]
