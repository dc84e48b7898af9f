"""How a service is called that may fail: tried again, no faster than it allows, and left alone when it is down."""

from rag_eval.resilience.breaker import Breaker
from rag_eval.resilience.inflight import InFlight
from rag_eval.resilience.policy import Manners
from rag_eval.resilience.rate import Rate
from rag_eval.resilience.retries import LONGEST_WAIT, RetryLater, patiently, retry_after

__all__ = [
    "LONGEST_WAIT",
    "Breaker",
    "InFlight",
    "Manners",
    "Rate",
    "RetryLater",
    "patiently",
    "retry_after",
]
