"""The system under test: a live service, answers captured before, or somebody else's part."""

from rag_eval.targets.addresses import moved
from rag_eval.targets.connecting import case_check, check, connect
from rag_eval.targets.context import TargetContext
from rag_eval.targets.identity import differences, identity
from rag_eval.targets.replay.captures import Capture
from rag_eval.targets.replay.index import CaptureIndex

__all__ = [
    "Capture",
    "CaptureIndex",
    "TargetContext",
    "case_check",
    "check",
    "connect",
    "differences",
    "identity",
    "moved",
]
