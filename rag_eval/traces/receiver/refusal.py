"""Why the receiver does not take what it was sent."""

UNKNOWN, SLOW, OVERLOADED = 401, 408, 503
_RPC = {400: 3, UNKNOWN: 16, 403: 7, SLOW: 4, 413: 3, 415: 3, 429: 8, OVERLOADED: 14}
"""HTTP status to the code of google.rpc.Code that says the same."""


class RequestRefusal(Exception):
    """A request is answered with an error; `retry_after` are the seconds after which to try again."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry_after = status, message, retry_after

    @property
    def code(self) -> int:
        """The status as gRPC says it."""
        return _RPC[self.status]


def overloaded(why: str) -> RequestRefusal:
    """The answer that makes an exporter keep its batch and come again in a moment."""
    return RequestRefusal(OVERLOADED, f"{why}; try again", retry_after=1)
