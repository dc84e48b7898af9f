"""An answer that came whole, although the service sends it in pieces: for who has no use for the pieces.

It is read with the same parser, and put together the same way, as one that comes in pieces; see `receiving`.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx2

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.targets.http.receiving import Pieces
from rag_eval.targets.http.selecting import path_of


def whole(body: bytes, stream: config.Stream | None) -> tuple[Any, str | None]:
    """The object that a body holds, and the text that its pieces come to; None for one that is not in pieces.

    Raises `ValueError` for what is no JSON, and `TargetError` for a stream that was cut off or holds no text.
    """
    if stream is None:
        return json.loads(body), None
    pieces = Pieces(path_of(stream.delta, "target.stream.delta"))
    for data in _sse(body) if stream.kind == "sse" else _lines(body):
        if data.strip() == stream.done:
            pieces.ended = True
            break
        pieces.take(json.loads(data))
    if stream.needs_done and not pieces.ended:
        raise TargetError(f"the stream ended without {stream.done!r}", reason="cut_off")
    text = "".join(pieces.texts)
    if not text.strip():
        raise TargetError(f"no text at {stream.delta!r} in any event of the stream", reason="no_answer")
    return pieces.merged or pieces.last, text


def _sse(body: bytes) -> Iterator[str]:
    # The parser asks a response for its bytes, and that for the request it answers: one that was never sent will do.
    request = httpx2.Request("POST", "http://127.0.0.1/")
    response = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body, request=request)
    for event in httpx2.EventSource(response, max_event_size=len(body) + 1):
        if event.event == "error":
            raise TargetError("the stream told of an error", reason="no_answer")
        if event.data:
            yield event.data


def _lines(body: bytes) -> Iterator[str]:
    return (line.decode("utf-8", "replace") for line in body.split(b"\n") if line.strip())
