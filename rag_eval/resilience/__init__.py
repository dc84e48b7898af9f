"""How a service is called that may fail: tried again, no faster than it allows, and left alone when it is down."""

from rag_eval.resilience.breaker import Breaker, is_down, tell_of_silence
from rag_eval.resilience.contact import FirstContact, FirstSteps
from rag_eval.resilience.inflight import InFlight
from rag_eval.resilience.pauses import Pauses
from rag_eval.resilience.policy import RequestPolicy
from rag_eval.resilience.rate import Rate
from rag_eval.resilience.retries import MAX_WAIT_S, RetryLater, is_used_up, retry, retry_after

__all__ = [
    "MAX_WAIT_S",
    "Breaker",
    "FirstContact",
    "FirstSteps",
    "InFlight",
    "Pauses",
    "Rate",
    "RequestPolicy",
    "RetryLater",
    "is_down",
    "is_used_up",
    "retry",
    "retry_after",
    "tell_of_silence",
]
