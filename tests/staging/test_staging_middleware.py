"""What happens to every request around its route, without a socket: an id, a deadline, a bound for its body."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from support.kept_logs import kept_logs

from rag_eval.staging import middleware
from rag_eval.staging.middleware import Asgi, Envelope, Message, Receive, Send

_BODY = 10
Lines = Callable[[], list[dict[str, Any]]]


def envelope(app: Asgi, deadline_s: float = 30.0) -> Envelope:
    """A layer that takes ten bytes, and a hundred for files of who is known."""
    return Envelope(
        app, deadline_s=deadline_s, body=_BODY, bodies={"/upload": 100}, is_known=lambda token: token == "good"
    )


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Read all, and say how much it was."""
    read, more = 0, True
    while more:
        message = await receive()
        read += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(read).encode()})


def passed(
    layer: Any,
    *,
    path: str = "/ask",
    headers: Iterable[tuple[str, str]] = (),
    body: Iterable[bytes] = (b"",),
    **scope: Any,
) -> tuple[list[Message], Message]:
    """What is sent back for a request, and the scope as the layer left it."""
    pieces = list(body)
    asked: Message = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        **scope,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        if not pieces:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(layer(asked, receive, send))
    return sent, asked


def status(sent: list[Message]) -> int:
    """Of the answer."""
    return int(sent[0]["status"])


def header(sent: list[Message], name: str) -> str | None:
    """One of its headers."""
    return {key.decode(): value.decode() for key, value in sent[0]["headers"]}.get(name)


@pytest.fixture(name="logged")
def _logged() -> Iterator[Lines]:
    """What the layer has logged since, line by line."""
    with kept_logs("rag_eval.staging.middleware", "INFO") as logs:

        def taken() -> list[dict[str, Any]]:
            lines: list[Any] = [record.msg for record in logs.records]
            logs.records.clear()
            return lines

        yield taken


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("abcdefgh", True),
        ("a" * 64, True),
        ("A.b_c-d1", True),
        ("", False),
        ("short", False),
        ("a" * 65, False),
        ("with blank", False),
        ("line\nbreak", False),
        ("ünïcödeé", False),
    ],
)
def test_an_id_is_kept_where_it_may_stand_in_a_log(asked: str, *, kept: bool) -> None:
    """And else made anew; it comes back with the answer, which no browser guesses the type of."""
    sent, scope = passed(envelope(echo), headers=[("X-Request-ID", asked)] if asked else [])
    own = header(sent, "x-request-id")
    assert (own == asked) is kept
    assert own == scope["state"]["request_id"]
    assert own is not None
    assert len(own) in {32, len(asked)}
    assert header(sent, "x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    ("body", "expected"),
    [([b"x" * 10], 200), ([b"x" * 11], 413), ([b"x" * 6, b"x" * 5], 413), ([b"x" * 5, b"x" * 5], 200)],
)
def test_a_body_has_a_bound(body: list[bytes], expected: int) -> None:
    """Reached by all of its pieces together, whatever it says of its length."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await echo(scope, receive, send)
        except HTTPException as error:
            await send({"type": "http.response.start", "status": error.status_code, "headers": []})

    assert status(passed(envelope(app), body=body)[0]) == expected


@pytest.mark.parametrize(
    ("authorization", "path", "most"),
    [
        ("Bearer good", "/upload", 100),
        ("bearer  good", "/upload", 100),
        ("Bearer bad", "/upload", 10),
        ("Basic good", "/upload", 10),
        ("good", "/upload", 10),
        ("", "/upload", 10),
        ("Bearer good", "/ask", 10),
        ("Bearer good", "/upload/", 10),
    ],
)
def test_a_large_body_is_for_who_is_known(authorization: str, path: str, most: int) -> None:
    """And where files are taken; of others it is not even read."""
    scope: Message = {"path": path, "headers": [(b"authorization", authorization.encode())]}
    assert envelope(echo)._most(scope) == most


def test_an_error_is_told_without_a_word_of_what_it_was(logged: Lines) -> None:
    """The log has it, under the request's id, and the client has the id."""

    async def app(*_: Any) -> None:
        raise ValueError("secret")

    sent, _ = passed(envelope(app))
    assert status(sent) == 500
    assert b"secret" not in b"".join(message.get("body", b"") for message in sent)
    failed, request = logged()
    assert (failed["event"], failed["error"]) == ("failed", "ValueError")
    assert failed["request_id"] == request["request_id"] == header(sent, "x-request-id")
    assert request["status"] == 500


@pytest.mark.parametrize(
    ("headers", "reads", "expected"),
    [([], True, 504), ([("Content-Length", "3")], False, 408), ([("Transfer-Encoding", "chunked")], False, 408),
     ([("Content-Length", "3")], True, 504)],
)  # fmt: skip
def test_who_is_late_is_told_who_was_slow(
    headers: list[tuple[str, str]], *, reads: bool, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service, or the client who has not sent the body."""
    monkeypatch.setattr(middleware, "_GRACE_S", 0.0)

    async def app(_: Message, receive: Receive, __: Send) -> None:
        if reads:
            await receive()
        await asyncio.Event().wait()

    sent, _ = passed(envelope(app, deadline_s=0.02), headers=headers, body=[b"abc"] if reads else [])
    assert status(sent) == expected
    assert b"within 0.02 s" in sent[1]["body"]


def test_an_answer_that_has_begun_is_cut_and_does_not_look_whole() -> None:
    """No second answer is sent after half of a first one."""

    async def app(_: Message, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("x")

    with pytest.raises(ConnectionAbortedError, match="internal_error"):
        passed(envelope(app))


def test_a_service_that_stops_says_so() -> None:
    """To whoever has no answer yet, with when to come again; the stop goes on its way."""

    async def app(*_: Any) -> None:
        raise asyncio.CancelledError

    sent: list[Message] = []

    async def stop() -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        scope: Message = {"type": "http", "method": "GET", "path": "/ask", "headers": []}
        await envelope(app)(scope, lambda: asyncio.sleep(0, {}), send)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stop())
    assert (status(sent), header(sent, "retry-after")) == (503, "1")


def test_a_request_is_one_line_in_the_log(logged: Lines) -> None:
    """With who asked and what stood in, where somebody did and something did."""

    class Route:
        path = "/ask/{name}"

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scope["route"] = Route()
        scope["state"]["user"] = "u1"
        scope["state"]["degraded"] |= {"redis", "llm"}
        await echo(scope, receive, send)

    passed(envelope(app), path="/ask/secret")
    [line] = logged()
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "POST", "/ask/{name}", 200)
    assert (line["user"], line["degraded"]) == ("u1", ["llm", "redis"])
    assert "secret" not in str(line)
    passed(envelope(echo))
    [line] = logged()
    assert (line["route"], line["user"], line["degraded"]) == ("none", None, None)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_what_machines_ask_every_few_seconds_is_no_line(path: str, logged: Lines) -> None:
    """Else a log would hold little else."""
    assert status(passed(envelope(echo), path=path)[0]) == 200
    assert logged() == []


def test_what_is_no_request_goes_through_as_it_is() -> None:
    """As the beginning and the end of a service."""
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.extend(given)

    scope: Message = {"type": "lifespan"}
    given = (scope, object(), object())
    asyncio.run(envelope(app)(*given))  # type: ignore[arg-type]
    assert seen == list(given)
    assert scope == {"type": "lifespan"}


def test_a_route_is_told_until_when() -> None:
    """And that nothing stood in for anything yet."""
    _, scope = passed(envelope(echo, deadline_s=7.0))
    assert scope["state"]["deadline"].seconds == 7.0
    assert scope["state"]["degraded"] == set()


@pytest.mark.parametrize("method", ["BREW", "get", "", "G\u0000T"])
def test_a_method_that_nobody_knows_goes_no_further(method: str) -> None:
    """Each that somebody invents would be a new label of every metric."""

    async def app(*_: Any) -> None:
        pytest.fail("it went further")

    sent, _ = passed(middleware.KnownMethods(app), method=method)
    assert (status(sent), header(sent, "allow")) == (405, "GET, POST")


@pytest.mark.parametrize("method", sorted(middleware.METHODS))
def test_methods_that_are_known_go_on(method: str) -> None:
    """Whether a route has them is its own matter."""
    assert status(passed(middleware.KnownMethods(echo), method=method)[0]) == 200
