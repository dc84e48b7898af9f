"""Answers and vectors by a language model, from a small server that plays one."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from staging.serving import running
from support.llm_server import Fault, Model

from rag_eval.staging.errors import PartError, PartRejection, Unreachable
from rag_eval.staging.writer import ChatWriter, EndpointEmbedder, TokenUsage, WrittenAnswer


@pytest.fixture
def model() -> Model:
    """What is played."""
    return Model()


@pytest.fixture
def url(model: Model) -> Iterator[str]:
    """Where it is played."""
    with running(model.app) as base:
        yield f"{base}/v1"


def write(url: str) -> WrittenAnswer:
    """Ask for one answer."""

    async def once() -> WrittenAnswer:
        writer = ChatWriter(url, "tiny", None)
        try:
            return await writer.write("When?", ["first text", "second text"])
        finally:
            await writer.aclose()

    return asyncio.run(once())


def stream(url: str) -> list[str | TokenUsage]:
    """Ask for one answer in pieces; what came before an error is in its notes."""

    async def once() -> list[str | TokenUsage]:
        writer = ChatWriter(url, "tiny", None)
        came: list[str | TokenUsage] = []
        try:
            async for piece in writer.stream("When?", ["text"]):
                came.append(piece)  # noqa: PERF401  what came before an error must be there
        except PartError as error:
            error.add_note(repr(came))
            raise
        finally:
            await writer.aclose()
        return came

    return asyncio.run(once())


def test_answer(model: Model, url: str) -> None:
    """The model's message is the answer, with what it cost; it was shown the question and every context."""
    model.says = " At noon.\n"
    assert write(url) == WrittenAnswer("At noon.", TokenUsage(11, 7))
    shown = model.asked[0]["messages"][1]["content"]
    assert all(part in shown for part in ("When?", "[1] first text", "[2] second text"))
    assert model.asked[0]["model"] == "tiny"


@pytest.mark.parametrize(
    ("fault", "counts"), [("empty", True), ("garbage", True), ("500", True), ("429", True), ("400", False)]
)
def test_unusable_reply(model: Model, url: str, fault: Fault, counts: bool) -> None:  # noqa: FBT001  a column
    """Whatever comes back that is no answer is an error that repeats nothing; a wrong request speaks of no outage."""
    model.fault = fault
    with pytest.raises(PartRejection, match=r"tiny: ") as caught:
        write(url)
    assert caught.value.counts is counts
    assert "secret" not in str(caught.value)
    assert len(model.asked) == 1


def test_nobody_there() -> None:
    """A port where nobody listens is the error that is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for ask in (write, stream):
        with pytest.raises(Unreachable, match="tiny: APIConnectionError"):
            ask(f"http://127.0.0.1:{port}/v1")


def test_stream(model: Model, url: str) -> None:
    """Pieces come as they are written, and what they cost at the end."""
    model.says = "At half past noon."
    assert stream(url) == ["At", " half", " past", " noon.", TokenUsage(11, 7)]


def test_a_stream_that_breaks_off_is_no_answer(model: Model, url: str) -> None:
    """However well it ended: without the model's word that it is done it was cut."""
    model.says, model.fault = "At half past noon.", "cut"
    with pytest.raises(Unreachable, match="broke off") as caught:
        stream(url)
    assert caught.value.__notes__ == ["['At', ' half']"]


def test_embeddings(model: Model, url: str) -> None:
    """One vector a text, in order, and its tokens are told."""
    spent: list[tuple[str, TokenUsage]] = []

    async def once() -> list[list[float]]:
        embedder = EndpointEmbedder(url, "near", None, lambda name, usage: spent.append((name, usage)))
        try:
            return await embedder.embed(["ferry", "berth"])
        finally:
            await embedder.aclose()

    one, other = asyncio.run(once())
    assert len(one) == len(other) == 64
    assert one != other
    assert spent == [("near", TokenUsage(5, 0))]
    model.fault = "500"
    with pytest.raises(PartRejection, match="near: status 500"):
        asyncio.run(once())
