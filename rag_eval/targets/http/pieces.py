"""An answer that came whole, although the service sends it in pieces: for who has no use for the pieces."""

import json
import re
from collections.abc import Iterator
from typing import Any

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.targets.http.selecting import path_of, search


def whole(body: bytes, stream: config.Stream | None) -> tuple[Any, str | None]:
    """The object that a body holds, and the text that its pieces come to; None for one that is not in pieces.

    Raises `ValueError` for what is no JSON, and `TargetError` for a stream that was cut off or holds no text.
    """
    if stream is None:
        return json.loads(body), None
    delta = path_of(stream.delta, "target.stream.delta")
    texts, merged, ended = [], {}, False
    for data in _events(body, stream):
        if data.strip() == stream.done:
            ended = True
            break
        said = json.loads(data)
        if isinstance(said, dict):
            merged.update({key: value for key, value in said.items() if value is not None})
        piece = search(delta, said, "target.stream.delta")
        texts += [piece] if isinstance(piece, str) else []
    if stream.needs_done and not ended:
        raise TargetError(f"the stream ended without {stream.done!r}", reason="cut_off")
    if not "".join(texts).strip():
        raise TargetError(f"no text at {stream.delta!r} in any event of the stream", reason="no_answer")
    return merged, "".join(texts)


def _events(body: bytes, stream: config.Stream) -> Iterator[str]:
    """The data of each event, cut where the standard says and not at every line break that Unicode knows."""
    lines = re.split(r"\r\n|\n|\r", body.decode("utf-8", "replace"))
    if stream.kind == "ndjson":
        yield from (line for line in lines if line.strip())
        return
    kind, data = "", []
    for line in [*lines, ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif not line:
            if kind == "error":
                raise TargetError("the stream told of an error", reason="no_answer")
            if any(data):
                yield "\n".join(data)
            kind, data = "", []
