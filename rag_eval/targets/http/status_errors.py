"""The error that a service's status comes to: a 429 or an outage is asked again later, all else that says no is final.

How long is waited, and how much is asked meanwhile, is for `resilience.policy`.
"""

import httpx2

from rag_eval.errors import TargetError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, is_used_up, retry_after
from rag_eval.targets.http.status import classify


def status_error(
    response: httpx2.Response, again: frozenset[int], message: str, body: str = ""
) -> TargetError | RetryLater:
    """The error of a response that is no success; `RetryLater`, with its Retry-After, for a status of `again`.

    `body`, as text, tells a quota that is used up from a question too soon.
    """
    status, outcome = response.status_code, classify(response.status_code)
    if outcome == "rate_limited" and is_used_up(body):
        return TargetError(message, reason=Reason.QUOTA, status=status)
    if status in again:
        reason = Reason.RATE_LIMITED if outcome == "rate_limited" else Reason.HTTP_STATUS
        after = retry_after(response.headers.get("retry-after"))
        return RetryLater(message, reason=reason, after=after, status=status)
    reason = Reason.UNAUTHORIZED if outcome == "unauthorized" else Reason.HTTP_STATUS
    return TargetError(message, reason=reason, status=status)
