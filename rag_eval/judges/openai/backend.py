"""A language model behind an OpenAI-compatible API, by langchain-openai. The one place that imports it.

A shape is asked for in the strictest way that the endpoint knows: JSON schema, then a function call, then JSON mode,
then plain text out of which the JSON is taken. What was found is kept for the next call, and so is which
parameters it refuses.
"""

import functools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import httpx2
import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, JsonValue, SecretStr

from rag_eval import config
from rag_eval.errors import JudgeError, ReasonedError
from rag_eval.judges.backend import JudgeReply, Vectors
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.judges.openai.completion import Completion
from rag_eval.judges.openai.errors import StatusError, StoppedReplyError, mapped_errors
from rag_eval.judges.openai.habits import METHODS, EndpointHabits
from rag_eval.judges.openai.replies import parsed
from rag_eval.judges.openai.requests import ChatRequests
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, api_key, endpoint, shown
from rag_eval.judges.widened import widened
from rag_eval.masking import SHORTEST_SECRET, mask
from rag_eval.records import ANSWERED_BY, ObservedJudge, Reason, Usage
from rag_eval.resilience import (
    InFlight,
    Pauses,
    Rate,
    RequestPolicy,
    RetryLater,
    is_down,
    retry,
    tell_of_silence,
)  # fmt: skip

T = TypeVar("T", bound=BaseModel)

LONGER = (1, 2, 4, 8)
"""Multiples of `max_tokens` that are tried, one after the other, when a reply is cut off."""

_LONGEST_MESSAGE = 500


class _CutOff(Exception):
    """The reply ends where its tokens did; they have been counted."""


class _Spending:
    """What a call has cost so far, with all its tries."""

    def __init__(self) -> None:
        self.usage = Usage()

    def add(self, completion: Completion, left_out: Sequence[str]) -> None:
        """Count one reply of the endpoint, which came without these parameters."""
        cost = completion.cost_usd
        seen = ObservedJudge(
            models={completion.model: 1} if completion.model else {},
            left_out=tuple(left_out),
            cost_usd=cost or 0.0,
            priced=0 if cost is None else 1,
        )
        tokens = {"prompt_tokens": completion.prompt_tokens, "completion_tokens": completion.completion_tokens}
        self.usage += Usage(calls=1, seen=seen, **tokens)

    def add_vectors(self) -> None:
        """Count one answer of the endpoint that is vectors; langchain-openai does not pass on what it counts."""
        self.usage += Usage(calls=1)


class OpenAIBackend:
    """Answers prompts with a chat model, and turns texts into vectors with an embedding model of the same endpoint."""

    def __init__(self, settings: OpenAIJudgeConfig, origin: Mapping[str, JsonValue], *, seed: int = 0) -> None:
        self.origin = origin
        self._settings = settings
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._who = f"the judge at {shown(endpoint(settings))}"
        self._habits = EndpointHabits(settings, seed, self._who)
        rate = Rate(settings.rate, name=self._who, setting="judge.rate") if settings.rate else None
        pauses = Pauses(settings.patience, self._who)
        self._policy = RequestPolicy(InFlight(settings.concurrency), rate, None, pauses=pauses)
        self._requests = ChatRequests(self._chat_model)
        self._told = False

    @functools.cached_property
    def model(self) -> str:
        """The chat model."""
        return config.expand(self._settings.model)

    @functools.cached_property
    def _key(self) -> str:
        """What opens the endpoint."""
        return api_key(self._settings)

    @functools.cached_property
    def embedding_model(self) -> str | None:
        """The embedding model, if there is one."""
        name = self._settings.embedding_model
        return None if name is None else config.expand(name)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._requests.aclose()
        if "_client" in vars(self):
            await self._client.aclose()
        await self._policy.aclose()

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> JudgeReply[T]:  # noqa: ARG002 - a cache's matter
        """Answer in the shape asked for; raises `JudgeError`."""
        spending = _Spending()

        async def once(_: int) -> T:
            try:
                return await self._longer_and_longer(prompt, response_model, spending)
            except RetryLater as error:
                self._tell_at_once(error)
                raise

        with self._accounted(spending):
            return JudgeReply(await retry(once, self._settings.retries, self._rng), spending.usage)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[Vectors]:
        """One vector per text, by the embedder inside where no model is named; raises `JudgeError`."""
        if self.embedding_model is None:
            return JudgeReply(await HashingEmbedder().embed(texts))
        spending = _Spending()
        with self._accounted(spending):
            vectors = await retry(
                lambda _: self._policy.send(lambda: self._embed_once([*texts])), self._settings.retries, self._rng
            )
            spending.add_vectors()
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

    def _tell_at_once(self, error: RetryLater) -> None:
        """Say of an endpoint that is away at its first call what it does instead, before it is tried again."""
        if not self._told and is_down(error):
            tell_of_silence(self._who, error, settings="judge.base_url")
        self._told = True

    async def _longer_and_longer(self, prompt: str, response_model: type[T], spending: _Spending) -> T:
        for times in LONGER:
            with suppress(_CutOff):
                return await self._unfiltered(prompt, response_model, self._settings.max_tokens * times, spending)
            if self._habits.limited_by is None:
                break  # asked again it would be no longer
        most = self._settings.max_tokens * times
        raise JudgeError(
            f"the reply was cut off even at {most} tokens; raise judge.max_tokens", reason=Reason.TRUNCATED
        )

    async def _unfiltered(self, prompt: str, response_model: type[T], max_tokens: int, spending: _Spending) -> T:
        """A reply; one that was stopped is asked for once more in plain text, which is read and written otherwise."""
        try:
            return await self._by_best_method(prompt, response_model, max_tokens, spending)
        except StoppedReplyError as first:
            with suppress(StoppedReplyError, StatusError):
                return await self._ask(prompt, response_model, METHODS[-1], max_tokens, spending)
            kind = RetryLater if first.reason == Reason.UNPARSABLE else JudgeError
            raise kind(str(first), reason=first.reason) from first

    async def _by_best_method(self, prompt: str, response_model: type[T], max_tokens: int, spending: _Spending) -> T:
        while True:
            method, sent = self._habits.method, self._habits.parameters(max_tokens)
            try:
                return await self._ask(prompt, response_model, method, max_tokens, spending)
            except StatusError as error:
                self._habits.learn(error, method, sent)
                self._requests.forget()

    async def _ask(self, prompt: str, response_model: type[T], method: str, max_tokens: int, spending: _Spending) -> T:
        completion = await self._policy.send(lambda: self._send(prompt, response_model, method, max_tokens))
        spending.add(completion, self._habits.left_out)
        if completion.finish_reason == "length":
            raise _CutOff
        if completion.finish_reason == "content_filter":
            raise StoppedReplyError(f"the content filter of {self._who} stopped the reply")
        if completion.refusal:
            message = f"the model of {self._who} declines to answer: {completion.refusal}"
            raise StoppedReplyError(message, Reason.DECLINED)
        reply = parsed(completion, response_model, self._key)
        self._told = True
        return _signed(reply, completion.model) if _is_other(completion.model, self.model) else reply

    async def _send(self, prompt: str, shape: type[BaseModel], method: str, max_tokens: int) -> Completion:
        async with mapped_errors(self._who, "the judge's reply", Reason.UNPARSABLE, self._settings.timeout):
            return await self._requests.send(prompt, shape, method, max_tokens)

    def _chat_model(self, client: httpx2.Client, max_tokens: int) -> ChatOpenAI:
        given = self._habits.parameters(max_tokens)
        if "max_tokens" in given:  # ChatOpenAI would give it its new name
            given["extra_body"] = {"max_tokens": given.pop("max_tokens")}
        return ChatOpenAI(
            model=self.model,
            base_url=endpoint(self._settings),
            api_key=SecretStr(api_key(self._settings)),
            timeout=self._settings.timeout,
            max_retries=0,
            http_client=client,
            # Nobody asks by it; one of langchain-openai's own would read the certificates of the machine.
            http_async_client=httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(501))),
            use_responses_api=False,
            cache=False,
            **given,
        )

    async def _embed_once(self, texts: list[str]) -> Vectors:
        who = f"the embedding model of {self._who}"
        embeddings = self._embeddings  # made here, as that takes none of the endpoint's time
        async with mapped_errors(who, "the vectors", Reason.BAD_EMBEDDING, self._settings.timeout, steps_down=False):
            vectors: Vectors = await embeddings.aembed_documents(texts)
            return vectors

    @functools.cached_property
    def _client(self) -> httpx2.AsyncClient:
        """Made when a text is first embedded: reading the certificates of the machine takes a while."""
        return openai.DefaultAsyncHttpxClient(timeout=self._settings.timeout)

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


@functools.lru_cache
def _is_other(model: str, asked: str) -> bool:
    """Whether another model answered than was asked for, by the endpoint's word."""
    return bool(model and ObservedJudge(models={model: 1}).others(asked))


def _signed(reply: T, model: str) -> T:
    """A reply that says who gave it, also where it is kept."""
    return widened(type(reply)).model_validate({**reply.model_dump(), ANSWERED_BY: model})


def _without_key(error: ReasonedError, settings: OpenAIJudgeConfig) -> ReasonedError:
    """The same error, short, and with the key masked where an endpoint has repeated it."""
    error.args = (mask(str(error), {api_key(settings)}, SHORTEST_SECRET)[:_LONGEST_MESSAGE],)
    return error
