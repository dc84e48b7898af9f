"""A stream that came whole is read as one that comes in pieces."""

import json
from typing import Any

import pytest

from rag_eval import config
from rag_eval.errors import TargetError
from rag_eval.targets.http.pieces import whole


def sse(*events: str, needs_done: bool = False) -> tuple[Any, str | None]:
    """Read server-sent events."""
    stream = config.Stream(kind="sse", delta="delta", needs_done=needs_done)
    return whole("".join(events).encode(), stream)


def event(**said: Any) -> str:
    """An event with an object."""
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n"


def test_no_stream() -> None:
    """Is JSON as it is."""
    assert whole(b'{"answer": "x"}', None) == ({"answer": "x"}, None)
    with pytest.raises(ValueError, match="Expecting"):
        whole(b"<html>", None)


def test_pieces_come_together() -> None:
    """With what the last objects hold, to the end that the service names."""
    found = sse(event(delta="Half"), event(delta=" past"), event(contexts=[1]), "data: [DONE]\n\n", event(delta="!"))
    assert found == ({"delta": " past", "contexts": [1]}, "Half past")


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\x0bb", "ü"])
def test_only_line_breaks_of_the_standard_cut(text: str) -> None:
    """What Unicode calls one may stand in JSON."""
    assert sse(event(delta=text))[1] == text
    ndjson = config.Stream(kind="ndjson", delta="delta")
    body = json.dumps({"delta": text}, ensure_ascii=False).encode() + b"\r\n\n"
    assert whole(body, ndjson)[1] == text


def test_events_of_several_lines_and_of_none() -> None:
    """Lines of one event belong together; comments and empty events are nothing."""
    assert sse(": hello\n\n", "data:\n\n", 'data: {"delta":\ndata: "x"}\r\n\r\n')[1] == "x"


@pytest.mark.parametrize(
    ("events", "done"),
    [
        ((event(delta="x"), "event: error\ndata: no\n\n"), False),
        ((event(delta="x"),), True),
        ((event(other="x"),), False),
        ((event(delta=" "),), False),
        ((), False),
    ],
)
def test_what_is_no_answer(events: tuple[str, ...], done: bool) -> None:  # noqa: FBT001  a column of the table
    """An error in the middle, an end that is missing, no text."""
    with pytest.raises(TargetError):
        sse(*events, needs_done=done)
