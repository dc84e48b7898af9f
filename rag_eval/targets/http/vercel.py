"""The data stream of the Vercel AI SDK before version 5: lines such as `0:"a piece"`, as the events that came after it.

https://ai-sdk.dev/v4/docs/ai-sdk-ui/stream-protocol
"""

import json
from typing import Any

from rag_eval.errors import TargetError
from rag_eval.records import Reason

_KINDS = {
    "0": "text-delta", "2": "data", "3": "error", "8": "message-annotations", "d": "finish", "e": "finish-step",
    "f": "start-step", "g": "reasoning", "h": "source", "9": "tool-call", "a": "tool-result",
}  # fmt: skip
_KEYS = {"0": "delta", "3": "errorText", "g": "text"}
"""Under which name what is no object stands in an event; else under `data`."""


def of_line(line: str) -> dict[str, Any]:
    """A line as an event, such as `{"type": "text-delta", "delta": "a piece"}`; raises `TargetError` for another."""
    code, colon, rest = line.strip().partition(":")
    try:
        value = json.loads(rest) if colon else None
    except (ValueError, RecursionError):
        value, colon = None, ""
    if not colon:
        message = f"a line of the stream is none of the Vercel AI SDK's: {line[:80]!r}"
        raise TargetError(message, reason=Reason.NOT_A_STREAM)
    kind = _KINDS.get(code, code)
    inner = value if isinstance(value, dict) else {_KEYS.get(code, "data"): value}
    return {**inner, "type": kind}
