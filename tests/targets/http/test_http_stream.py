"""A stream that came whole is read as one that comes in pieces."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from rag_eval import config
from rag_eval.errors import ReasonedError, TargetError
from rag_eval.targets.http.extraction import StreamContent
from rag_eval.targets.http.stream import StreamAssembler, StreamHabits, whole

CHAT = [
    {"choices": [{"delta": {"role": "assistant", "content": "At "}, "finish_reason": None}]},
    {"choices": [{"delta": {"content": "nine."}, "finish_reason": None}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}]},
]
OF_CHAT = "choices[0].delta.content"


def sse(*events: str, **said: Any) -> tuple[StreamContent, str | None]:
    """Read server-sent events."""
    stream = config.StreamConfig.model_validate({"kind": "sse", "delta": "delta", **said})
    return whole("".join(events).encode(), stream)


def read(events: Sequence[Any], habits: StreamHabits | None = None, **said: Any) -> tuple[str, bool]:
    """The text of events of a service with these habits, and whether it had an end."""
    assembly = StreamAssembler(
        config.StreamConfig.model_validate({"kind": "sse", "delta": "delta", **said}), habits or StreamHabits()
    )
    for value in events:
        assembly.feed("message", value if isinstance(value, str) else json.dumps(value))
    found = assembly.finish()
    return found.text, found.body.has_end


def refused(events: Sequence[Any], habits: StreamHabits | None = None, **said: Any) -> ReasonedError:
    """The error that reading them ends with."""
    with pytest.raises(ReasonedError) as caught:
        read(events, habits, **said)
    return caught.value


def event(**said: Any) -> str:
    """An event with an object."""
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n"


def test_no_stream() -> None:
    """Is JSON as it is."""
    assert whole(b'{"answer": "x"}', None) == ({"answer": "x"}, None)
    with pytest.raises(TargetError, match="the answer is no JSON: Expecting"):
        whole(b"<html>", None)


def test_pieces_come_together() -> None:
    """With what the last objects hold, to the end that the service names."""
    body, text = sse(
        event(delta="Half"), event(delta=" past"), event(contexts=[1]), "data: [DONE]\n\n", event(delta="!")
    )
    assert (body.merged, body.has_end, text) == ({"delta": " past", "contexts": [1]}, True, "Half past")


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\x0bb", "ü"])
def test_only_line_breaks_of_the_standard_cut(text: str) -> None:
    """What Unicode calls one may stand in JSON."""
    assert sse(event(delta=text))[1] == text
    ndjson = config.StreamConfig(kind="ndjson", delta="delta")
    body = json.dumps({"delta": text}, ensure_ascii=False).encode() + b"\r\n\n"
    assert whole(body, ndjson)[1] == text


def test_events_of_several_lines_and_of_none() -> None:
    """Lines of one event belong together; comments and empty events are nothing."""
    assert sse(": hello\n\n", "data:\n\n", 'data: {"delta":\ndata: "x"}\r\n\r\n')[1] == "x"


def test_the_first_and_the_last_event_count() -> None:
    """Also behind a byte order mark, and where no empty line follows."""
    assert sse("\ufeff", event(delta="a"), event(delta="b"), event(delta="c").rstrip())[1] == "abc"


@pytest.mark.parametrize(
    ("events", "said", "reason"),
    [
        ((event(delta="x"), "event: error\ndata: no\n\n"), {}, "service_error"),
        ((event(delta="x"), "event: end\n\n"), {"needs_done": True}, "cut_off"),
        ((event(other="x"),), {}, "no_answer"),
        ((event(delta=" "),), {}, "no_answer"),
        ((event(delta="x"), "data: {\n\n", event(delta="x")), {}, "not_json"),
        ((event(delta="x"), "data: oh\n\n"), {}, "not_json"),
        ((event(delta="x"), 'data: {"del'), {}, "cut_off"),
        ((event(delta="x"), event(delta="y", done=False)), {}, "cut_off"),
        ((), {}, "no_answer"),
    ],
)
def test_what_is_no_answer(events: tuple[str, ...], said: Any, reason: str) -> None:
    """An error in the middle, an end that is missing, no text."""
    with pytest.raises(ReasonedError) as caught:
        sse(*events, **said)
    assert caught.value.reason == reason


def test_the_end_of_a_protocol_that_has_one() -> None:
    """Is demanded, whichever of its signs comes, unless the experiment says that it never does."""
    assert read(CHAT, delta=OF_CHAT) == ("At nine.", True)
    assert read([*CHAT[:2], "[DONE]"], delta=OF_CHAT) == ("At nine.", True)
    assert refused(CHAT[:2], delta=OF_CHAT).reason == "cut_off"
    assert "target.stream.needs_done: false" in str(refused(CHAT[:2], delta=OF_CHAT))
    assert read(CHAT[:2], delta=OF_CHAT, needs_done=False) == ("At nine.", True)


def test_an_end_after_which_text_comes() -> None:
    """Was the end of a step; the same text again changes nothing."""
    step = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    assert refused([CHAT[0], step, CHAT[1]], delta=OF_CHAT).reason == "cut_off"
    events = [{"delta": "Open from six"}, {"delta": " to nine."}, {"done": True}, {"delta": "Open from six to nine."}]
    assert read(events) == ("Open from six to nine.", True)


def test_a_service_without_any_sign_of_the_end() -> None:
    """Is believed, and the answer says so; once another stream of it had an end, one without is cut off."""
    habits = StreamHabits()
    assert read([{"delta": "x"}], habits) == ("x", False)
    assert read([{"delta": "x"}, {"type": "end"}], habits) == ("x", True)
    assert refused([{"delta": "x"}], habits).reason == "cut_off"
    assert read([{"delta": "x"}], habits, needs_done=False) == ("x", True)


def test_reasoning_and_tools_are_no_answer() -> None:
    """Although their pieces stand where those of the answer do."""
    kinds = [("reasoning_summary_text", "Hm. "), ("output_text", "At nine."), ("function_call_arguments", "{}")]
    events = [{"type": f"response.{kind}.delta", "delta": text} for kind, text in kinds]
    done = {"type": "response.output_text.done", "text": "At nine."}
    assert read([*events, done, {"type": "response.completed"}], delta="delta || text") == ("At nine.", True)


def test_a_service_that_sends_the_text_so_far() -> None:
    """Is known by one answer, and then by all."""
    habits = StreamHabits()
    so_far = [{"delta": "The"}, {"delta": "The pool"}, {"delta": "The pool opens."}]
    assert read(so_far, habits)[0] == "The pool opens."
    assert read([{"delta": "No"}, {"delta": "No."}], habits)[0] == "No."
    assert read([{"delta": "No"}, {"delta": "No."}])[0] == "NoNo."
    assert read(so_far, pieces="append")[0] == "TheThe poolThe pool opens."
    assert refused([*so_far, {"delta": "I"}, {"delta": "I see"}, {"delta": "I see."}]).reason == "ambiguous_pieces"
