"""What a language model does, behind two small ports; the only module that loads `openai`."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from rag_eval.staging.errors import PartError, PartRejection, Unreachable

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_INSTRUCTION = (
    "Answer the question from the numbered passages alone, in at most three sentences. "
    "If they do not hold the answer, reply exactly: The handbook does not say."
)
_OF_THIS_REQUEST = frozenset({400, 404, 413, 422})
"""Statuses that speak of the request, and not of how the endpoint is."""


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one call, as the endpoint counts them; 0 where it does not say."""

    input: int = 0
    output: int = 0


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer, never an empty one."""

    text: str
    usage: TokenUsage = TokenUsage()


class AnswerWriter(Protocol):
    """Whatever can put an answer into words."""

    model: str
    """As it is named in metrics and spans."""

    async def write(self, question: str, contexts: Sequence[str]) -> WrittenAnswer:
        """Return an answer from these texts.

        Raises:
            PartError: there is none, for whatever reason.
        """
        ...

    def stream(self, question: str, contexts: Sequence[str]) -> AsyncGenerator[str | TokenUsage]:
        """Yield an answer in pieces, and what it cost.

        Raises:
            PartError: it cannot begin, or broke off.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class TextEmbedder(Protocol):
    """Whatever can turn texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, all of the same length.

        Raises:
            PartError: there are none, for whatever reason.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Message(BaseModel):
    content: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    """The part of a chat completion that is read; checked here because the client does not check it."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class ChatWriter:
    """Asks an OpenAI-compatible chat endpoint."""

    def __init__(self, base_url: str, model: str, api_key: str | None) -> None:
        self.model = model
        self._client = _client(base_url, api_key)

    async def write(self, question: str, contexts: Sequence[str]) -> WrittenAnswer:
        """Ask once and check the reply; see `Writer.write`."""
        with _told(self.model):
            raw = await self._client.chat.completions.with_raw_response.create(**self._request(question, contexts))
            reply = _Completion.model_validate_json(raw.content)
        return WrittenAnswer(reply.choices[0].message.content, _usage(reply.usage))

    async def stream(self, question: str, contexts: Sequence[str]) -> AsyncGenerator[str | TokenUsage]:
        """Ask once and pass on what comes; see `Writer.stream`."""
        ended = False
        with _told(self.model):
            asked = self._request(question, contexts)
            chunks = await self._client.chat.completions.create(
                **asked, stream=True, stream_options={"include_usage": True}
            )
            async with chunks:
                async for chunk in chunks:
                    if chunk.usage is not None:
                        yield TokenUsage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
                    for choice in chunk.choices or ():
                        ended = ended or choice.finish_reason is not None
                        if choice.delta.content:
                            yield _sayable(choice.delta.content)
        if not ended:
            raise Unreachable(f"{self.model}: the answer broke off")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _request(self, question: str, contexts: Sequence[str]) -> dict[str, Any]:
        passages = "\n\n".join(f"[{n}] {text}" for n, text in enumerate(contexts, start=1))
        messages = [
            {"role": "system", "content": _INSTRUCTION},
            {"role": "user", "content": f"Passages:\n\n{passages}\n\nQuestion: {question}"},
        ]
        return {"model": self.model, "temperature": 0, "messages": messages}


class EndpointEmbedder:
    """Asks an OpenAI-compatible endpoint for embeddings."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None,
        spent: Callable[[str, TokenUsage], None] = lambda _, __: None,
    ) -> None:
        """`spent` is told of each call's model and tokens."""
        self._model, self._spent = model, spent
        self._client = _client(base_url, api_key)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Ask once; see `Embedder.embed`."""
        with _told(self._model):
            reply = await self._client.embeddings.create(model=self._model, input=list(texts), encoding_format="float")
            vectors = [list(item.embedding) for item in sorted(reply.data, key=lambda item: item.index)]
            if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
                raise PartRejection(f"{self._model}: not one vector a text")
        self._spent(self._model, TokenUsage(getattr(reply.usage, "prompt_tokens", None) or 0))
        return vectors

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


def _client(base_url: str, api_key: str | None) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    # The client refuses to start without a key, a local server does not look at it. Tries and time are the circuit's.
    return AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0)


def _sayable(text: str) -> str:
    """A piece without halves of surrogate pairs, as servers send that cut between tokens: no wire takes them."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(reply: _Usage | None) -> TokenUsage:
    return TokenUsage(reply.prompt_tokens, reply.completion_tokens) if reply else TokenUsage()


@contextmanager
def _told(model: str) -> Iterator[None]:
    """Turn what the client raises into errors of a part; none of them repeats what was sent or came."""
    import httpx2
    from openai import APIConnectionError, APIStatusError, OpenAIError

    try:
        yield
    except PartError:
        raise
    except APIStatusError as error:
        counts = error.status_code not in _OF_THIS_REQUEST
        raise PartRejection(f"{model}: status {error.status_code}", counts=counts) from error
    except (APIConnectionError, httpx2.TransportError, TimeoutError) as error:
        raise Unreachable(f"{model}: {type(error).__name__}") from error
    except (OpenAIError, ValidationError, ValueError, TypeError, AttributeError) as error:
        raise PartRejection(f"{model}: {type(error).__name__}") from error
