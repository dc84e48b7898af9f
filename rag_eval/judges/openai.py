"""A language model behind an OpenAI-compatible API, by langchain-openai. The one place that imports it.

A shape is asked for in the strictest way that the endpoint knows: JSON schema, then a function call, then JSON mode,
then plain text out of which the JSON is taken. What was found is kept for the next call.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr, ValidationError

from rag_eval import config
from rag_eval.errors import ConfigError, JudgeError, ReasonedError
from rag_eval.judges.kinds.openai import OpenAIJudgeConfig
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, retry, retry_after

T = TypeVar("T", bound=BaseModel)
Spend = Callable[[int, int], None]

METHODS = ("json_schema", "function_calling", "json_mode", "text")
LONGER = (1, 2, 4, 8)
"""Multiples of `max_tokens` that are tried, one after the other, when a reply is cut off."""

_TOO_MANY, _SERVER_ERROR = 429, 500
_TIMED_OUT, _CONFLICT = 408, 409
_NOT_UNDERSTOOD = (openai.BadRequestError, openai.NotFoundError, openai.UnprocessableEntityError)
"""How an endpoint says that it does not know a method."""
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, openai.APIResponseValidationError)
"""What the client raises for a body that is no completion, such as a gateway's page or `{}`."""
_LONGEST_MESSAGE = 300
_SHORTEST_SECRET = 6
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class _Unparsable(RetryLater):
    """The reply is not of the shape asked for; the next one may be."""


class _CutOff(Exception):
    """The reply ends where its tokens did; they have been counted."""


class OpenAIJudge:
    """Answers prompts with a chat model."""

    def __init__(self, said: OpenAIJudgeConfig, spend: Spend, *, seed: int = 0) -> None:
        self._said = said
        self._spend = spend
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._seed = seed
        self._methods = list(METHODS) if said.method == "auto" else [said.method]
        self._client = openai.DefaultAsyncHttpxClient(timeout=said.timeout)
        self._asking: dict[tuple[type[BaseModel], str, int], Any] = {}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:  # noqa: ARG002 - a cache's matter
        """Answer in the shape asked for; raises `JudgeError`."""

        async def once(_: int) -> T:
            return await self._longer_and_longer(prompt, shape)

        try:
            return await retry(once, self._said.retries, self._rng)
        except ReasonedError as error:
            raise _without_key(error, self._said) from error.__cause__

    async def _longer_and_longer(self, prompt: str, shape: type[T]) -> T:
        for times in LONGER:
            try:
                return await self._by_best_method(prompt, shape, self._said.max_tokens * times)
            except openai.LengthFinishReasonError as error:
                self._count(error.completion.usage)
            except _CutOff:
                continue
        most = self._said.max_tokens * LONGER[-1]
        raise JudgeError(
            f"the reply was cut off even at {most} tokens; raise judge.max_tokens", reason=Reason.TRUNCATED
        )

    async def _by_best_method(self, prompt: str, shape: type[T], max_tokens: int) -> T:
        while True:
            method = self._methods[0]
            try:
                return await self._ask(prompt, shape, method, max_tokens)
            except _NOT_UNDERSTOOD as error:
                if isinstance(error, ContextOverflowError) or "context" in str(error.code or ""):
                    raise JudgeError(
                        f"the prompt is too long for the judge: {error}", reason=Reason.TOO_LONG
                    ) from error
                if method == self._methods[-1]:
                    raise JudgeError(f"the judge refuses the call: {error}", reason=Reason.REFUSED) from error
                if method == self._methods[0]:  # else another call has stepped down already
                    self._methods.pop(0)

    async def _ask(self, prompt: str, shape: type[T], method: str, max_tokens: int) -> T:
        found = await self._invoke(self._runnable(shape, method, max_tokens), prompt)
        raw: AIMessage = found["raw"] if isinstance(found, dict) else found
        self._count_metadata(raw)
        if raw.response_metadata.get("finish_reason") == "length":
            raise _CutOff
        return _parse(raw, shape)  # not what langchain parsed: it mends JSON that breaks off, and statements are lost

    def _runnable(self, shape: type[BaseModel], method: str, max_tokens: int) -> Any:
        key = (shape, method, max_tokens)
        if key not in self._asking:
            model = self._model(max_tokens)
            # As a schema and not as a class: with a class the client raises for a reply with words around its JSON,
            # and the reply is lost together with what it cost.
            schema = convert_to_openai_function(shape, strict=True) if method == "json_schema" else shape
            structured = {"method": method, "include_raw": True}
            self._asking[key] = model if method == "text" else model.with_structured_output(schema, **structured)
        return self._asking[key]

    def _model(self, max_tokens: int) -> ChatOpenAI:
        return ChatOpenAI(
            model=config.expand(self._said.model),
            base_url=endpoint(self._said),
            api_key=SecretStr(_key(self._said)),
            temperature=self._said.temperature,
            max_completion_tokens=max_tokens,
            timeout=self._said.timeout,
            max_retries=0,
            seed=self._seed,
            http_async_client=self._client,
            http_socket_options=(),  # else its own clients would go around a proxy that the environment names
            use_responses_api=False,
            cache=False,
        )

    async def _invoke(self, runnable: Any, prompt: str) -> Any:
        """One call, with the client's exceptions turned into ours."""
        try:
            async with asyncio.timeout(self._said.timeout):
                return await runnable.ainvoke(prompt)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise RetryLater(f"the judge gave no answer in {self._said.timeout:g} s", reason=Reason.TIMEOUT) from error
        except openai.APIConnectionError as error:
            raise RetryLater(
                f"the judge could not be reached: {error.__cause__ or error}", reason=Reason.CONNECTION
            ) from error
        except openai.APIStatusError as error:
            raise _of_status(error) from error
        except _UNREADABLE as error:
            raise _Unparsable(f"the judge's reply cannot be read: {_short(error)}", reason=Reason.UNPARSABLE) from error
        except openai.ContentFilterFinishReasonError as error:
            raise JudgeError("the judge's content filter stopped the reply", reason=Reason.CONTENT_FILTER) from error

    def _count(self, usage: Any) -> None:
        self._spend(getattr(usage, "prompt_tokens", 0) or 0, getattr(usage, "completion_tokens", 0) or 0)

    def _count_metadata(self, raw: AIMessage) -> None:
        usage = raw.usage_metadata
        self._spend(usage["input_tokens"] if usage else 0, usage["output_tokens"] if usage else 0)


class OpenAIEmbedder:
    """Turns texts into vectors with an embedding model of the same endpoint."""

    def __init__(self, said: OpenAIJudgeConfig, model: str, spend: Spend, *, seed: int = 0) -> None:
        self._said = said
        self._spend = spend
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._client = openai.DefaultAsyncHttpxClient(timeout=said.timeout)
        self._model = OpenAIEmbeddings(
            model=model,
            base_url=endpoint(said),
            api_key=SecretStr(_key(said)),
            max_retries=0,
            timeout=said.timeout,
            http_async_client=self._client,
            # Counting tokens would download a tokenizer.
            check_embedding_ctx_length=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text; raises `JudgeError`."""
        try:
            vectors = await retry(lambda _: self._ask(list(texts)), self._said.retries, self._rng)
        except ReasonedError as error:
            raise _without_key(error, self._said) from error.__cause__
        self._spend(0, 0)  # the endpoint counts the tokens, but langchain-openai does not pass them on
        if len(vectors) != len(texts):
            raise JudgeError(f"{len(texts)} texts were embedded as {len(vectors)} vectors", reason=Reason.BAD_EMBEDDING)
        return vectors

    async def _ask(self, texts: list[str]) -> list[list[float]]:
        try:
            async with asyncio.timeout(self._said.timeout):
                vectors: list[list[float]] = await self._model.aembed_documents(texts)
                return vectors
        except (TimeoutError, openai.APITimeoutError) as error:
            raise RetryLater("the embedding model gave no answer in time", reason=Reason.TIMEOUT) from error
        except openai.APIConnectionError as error:
            raise RetryLater(f"the embedding model could not be reached: {error}", reason=Reason.CONNECTION) from error
        except openai.APIStatusError as error:
            raise _of_status(error, steps_down=False) from error
        except _UNREADABLE as error:
            raise RetryLater(f"the vectors cannot be read: {_short(error)}", reason=Reason.BAD_EMBEDDING) from error


def endpoint(said: OpenAIJudgeConfig) -> str | None:
    """The base URL in force, None for OpenAI's own."""
    return config.expand(said.base_url or "${OPENAI_BASE_URL:-}", where="judge.base_url") or None


def _key(said: OpenAIJudgeConfig) -> str:
    """The API key. An endpoint of one's own often wants none, OpenAI's does."""
    import os

    if endpoint(said) and not os.environ.get(said.api_key_env):
        return "none"
    key = config.secret(said.api_key_env, where="judge.api_key_env")
    if not (key.isascii() and key.isprintable()):
        message = f"{said.api_key_env} holds a character that cannot be sent in a header, such as a line break"
        raise ConfigError(f"judge.api_key_env: {message}")
    return key


def _without_key(error: ReasonedError, said: OpenAIJudgeConfig) -> ReasonedError:
    """The same error, short, and with the key masked where an endpoint has repeated it."""
    key, message = _key(said), str(error)
    if len(key) >= _SHORTEST_SECRET:
        message = message.replace(key, "***")
    error.args = (message[:_LONGEST_MESSAGE],)
    return error


def _of_status(error: openai.APIStatusError, *, steps_down: bool = True) -> Exception:
    """What an HTTP status of the endpoint means for the call; itself if the next method may be understood."""
    after = retry_after(error.response.headers.get("retry-after"))
    if error.status_code == _TOO_MANY and error.code != "insufficient_quota":
        return RetryLater(f"the judge is rate limited: {_short(error)}", reason=Reason.RATE_LIMITED, after=after)
    if error.status_code == _TOO_MANY:
        return JudgeError(f"the judge's quota is used up: {_short(error)}", reason=Reason.QUOTA)
    if error.status_code >= _SERVER_ERROR or error.status_code in (_TIMED_OUT, _CONFLICT):
        return RetryLater(f"the judge answered {error.status_code}", reason=Reason.HTTP_STATUS, after=after)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return JudgeError(f"the judge refuses the key: {error.status_code}", reason=Reason.UNAUTHORIZED)
    if steps_down and isinstance(error, _NOT_UNDERSTOOD):
        return error
    return JudgeError(f"the judge refuses the call: {_short(error)}", reason=Reason.REFUSED)


def _parse(raw: AIMessage, shape: type[T]) -> T:
    """Take the JSON out of whatever text stands around it."""
    text = str(raw.text)
    calls = [call["args"] for call in raw.tool_calls]
    match = _OBJECT.search(text)
    try:
        return shape.model_validate(calls[0]) if calls else shape.model_validate_json(match[0] if match else text)
    except ValidationError as error:
        message = f"the judge's reply is no {shape.__name__}: {_short(error)}"
        raise _Unparsable(message, reason=Reason.UNPARSABLE) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())


def check(said: OpenAIJudgeConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first call."""
    if not said.model.strip():
        raise ConfigError("judge.model: is empty")
    _key(said)
