"""A language model behind an OpenAI-compatible API, by langchain-openai. The one place that imports it.

A shape is asked for in the strictest way that the endpoint knows: JSON schema, then a function call, then JSON mode,
then plain text out of which the JSON is taken. What was found is kept for the next call.
"""

import functools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import httpx2
import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from rag_eval import config
from rag_eval.errors import JudgeError, ReasonedError
from rag_eval.judges.backend import JudgeReply, Vectors
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.judges.openai.completion import Completion
from rag_eval.judges.openai.errors import StatusError, mapped_errors, on_one_line
from rag_eval.judges.openai.requests import ChatRequests
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, api_key, endpoint
from rag_eval.masking import SHORTEST_SECRET, mask
from rag_eval.records import Reason, Usage
from rag_eval.resilience import RetryLater, retry

T = TypeVar("T", bound=BaseModel)

METHODS = ("json_schema", "function_calling", "json_mode", "text")
LONGER = (1, 2, 4, 8)
"""Multiples of `max_tokens` that are tried, one after the other, when a reply is cut off."""

_LONGEST_MESSAGE = 300


class _CutOff(Exception):
    """The reply ends where its tokens did; they have been counted."""


class _Spending:
    """What a call has cost so far, with all its tries."""

    def __init__(self) -> None:
        self.usage = Usage()

    def add(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count one answer of the endpoint."""
        self.usage += Usage(calls=1, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)


class OpenAIBackend:
    """Answers prompts with a chat model, and turns texts into vectors with an embedding model of the same endpoint."""

    def __init__(self, settings: OpenAIJudgeConfig, origin: Mapping[str, JsonValue], *, seed: int = 0) -> None:
        self.origin = origin
        self._settings = settings
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._seed = seed
        self._methods = list(METHODS) if settings.method == "auto" else [settings.method]
        self._requests = ChatRequests(self._chat_model)
        self._client = openai.DefaultAsyncHttpxClient(timeout=settings.timeout)

    @functools.cached_property
    def model(self) -> str:
        """The chat model."""
        return config.expand(self._settings.model)

    @functools.cached_property
    def embedding_model(self) -> str | None:
        """The embedding model, if there is one."""
        name = self._settings.embedding_model
        return None if name is None else config.expand(name)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._requests.aclose()
        await self._client.aclose()

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:  # noqa: ARG002 - a cache's matter
        """Answer in the shape asked for; raises `JudgeError`."""
        spending = _Spending()

        async def once(_: int) -> T:
            return await self._longer_and_longer(prompt, response_model, spending)

        with self._accounted(spending):
            return JudgeReply(await retry(once, self._settings.retries, self._rng), spending.usage)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """One vector per text, by the embedder inside where no model is named; raises `JudgeError`."""
        if self.embedding_model is None:
            return JudgeReply(await HashingEmbedder().embed(texts))
        spending = _Spending()
        with self._accounted(spending):
            vectors = await retry(lambda _: self._embed_once([*texts]), self._settings.retries, self._rng)
            spending.add(0, 0)  # the endpoint counts the tokens, but langchain-openai does not pass them on
            if len(vectors) != len(texts):
                raise JudgeError(
                    f"{len(texts)} texts were embedded as {len(vectors)} vectors", reason=Reason.BAD_EMBEDDING
                )
            return JudgeReply(vectors, spending.usage)

    @contextmanager
    def _accounted(self, spending: _Spending) -> Iterator[None]:
        """An error carries what was spent, and never the key."""
        try:
            yield
        except ReasonedError as error:
            error.usage = spending.usage
            raise _without_key(error, self._settings) from error.__cause__

    async def _longer_and_longer(self, prompt: str, response_model: type[T], spending: _Spending) -> T:
        for times in LONGER:
            try:
                return await self._by_best_method(prompt, response_model, self._settings.max_tokens * times, spending)
            except _CutOff:
                continue
        most = self._settings.max_tokens * LONGER[-1]
        raise JudgeError(
            f"the reply was cut off even at {most} tokens; raise judge.max_tokens", reason=Reason.TRUNCATED
        )

    async def _by_best_method(self, prompt: str, response_model: type[T], max_tokens: int, spending: _Spending) -> T:
        while True:
            method = self._methods[0]
            try:
                return await self._ask(prompt, response_model, method, max_tokens, spending)
            except StatusError as error:
                if error.is_too_long:
                    raise JudgeError(
                        f"the prompt is too long for the judge: {error}", reason=Reason.TOO_LONG
                    ) from error
                if method == self._methods[-1]:
                    raise JudgeError(f"the judge refuses the call: {error}", reason=Reason.REFUSED) from error
                if method == self._methods[0]:  # else another call has stepped down already
                    self._methods.pop(0)

    async def _ask(self, prompt: str, response_model: type[T], method: str, max_tokens: int, spending: _Spending) -> T:
        async with mapped_errors("the judge", "the judge's reply", Reason.UNPARSABLE, self._settings.timeout):
            completion = await self._requests.send(prompt, response_model, method, max_tokens)
        spending.add(completion.prompt_tokens, completion.completion_tokens)
        if completion.finish_reason == "length":
            raise _CutOff
        if completion.finish_reason == "content_filter":
            raise JudgeError("the judge's content filter stopped the reply", reason=Reason.CONTENT_FILTER)
        return _parse(completion, response_model, api_key(self._settings))

    def _chat_model(self, client: httpx2.AsyncClient, max_tokens: int) -> ChatOpenAI:
        return ChatOpenAI(
            model=self.model,
            base_url=endpoint(self._settings),
            api_key=SecretStr(api_key(self._settings)),
            temperature=self._settings.temperature,
            max_completion_tokens=max_tokens,
            timeout=self._settings.timeout,
            max_retries=0,
            seed=self._seed,
            http_async_client=client,
            use_responses_api=False,
            cache=False,
        )

    async def _embed_once(self, texts: list[str]) -> Vectors:
        async with mapped_errors(
            "the embedding model", "the vectors", Reason.BAD_EMBEDDING, self._settings.timeout, steps_down=False
        ):
            vectors: Vectors = await self._embeddings.aembed_documents(texts)
            return vectors

    @functools.cached_property
    def _embeddings(self) -> OpenAIEmbeddings:
        assert self.embedding_model is not None
        return OpenAIEmbeddings(
            model=self.embedding_model,
            base_url=endpoint(self._settings),
            api_key=SecretStr(api_key(self._settings)),
            max_retries=0,
            timeout=self._settings.timeout,
            http_async_client=self._client,
            # Counting tokens would download a tokenizer.
            check_embedding_ctx_length=False,
        )


def _without_key(error: ReasonedError, settings: OpenAIJudgeConfig) -> ReasonedError:
    """The same error, short, and with the key masked where an endpoint has repeated it."""
    error.args = (mask(str(error), {api_key(settings)}, SHORTEST_SECRET)[:_LONGEST_MESSAGE],)
    return error


def _parse(completion: Completion, response_model: type[T], key: str = "") -> T:
    """Take the JSON out of whatever text stands around it, without a key that is repeated there."""
    text = mask(completion.text, {key}, SHORTEST_SECRET)
    begin, end = text.find("{"), text.rfind("}") + 1
    try:
        if completion.arguments is not None:
            return response_model.model_validate(
                json.loads(mask(json.dumps(completion.arguments), {key}, SHORTEST_SECRET))
            )
        return response_model.model_validate_json(text[begin:end] if 0 <= begin < end else text)
    except ValidationError as error:
        message = f"the judge's reply is no {response_model.__name__}: {on_one_line(error)}"
        raise RetryLater(message, reason=Reason.UNPARSABLE) from error
