"""Answers written by a language model, behind one small port; the only module that loads `openai`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from rag_eval.staging.errors import WriterError
from rag_eval.staging.settings import Settings

_INSTRUCTION = (
    "Answer the question from the numbered passages alone, in at most three sentences. "
    "If they do not hold the answer, reply exactly: The handbook does not say."
)


class Writer(Protocol):
    """Whatever can put an answer into words."""

    async def write(self, question: str, contexts: Sequence[str]) -> str:
        """Return an answer from these texts, never an empty one.

        Raises:
            WriterError: there is none, for whatever reason.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class _Message(BaseModel):
    content: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    """The part of a chat completion that is read; checked here because the client does not check it."""

    choices: list[_Choice] = Field(min_length=1)


class ChatWriter:
    """Asks an OpenAI-compatible chat endpoint."""

    def __init__(self, base_url: str, model: str, api_key: str, timeout_s: float) -> None:
        from openai import AsyncOpenAI

        self._model = model
        self._timeout_s = timeout_s
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=timeout_s, max_retries=1)

    async def write(self, question: str, contexts: Sequence[str]) -> str:
        """Ask once, again after a passing error, and check the reply; see `Writer.write`."""
        from openai import OpenAIError

        try:
            # The client's own timeout is per read; a reply that trickles would never end.
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(question, contexts)
        except (OpenAIError, TimeoutError, ValidationError) as error:
            raise WriterError(f"{self._model} wrote no answer: {type(error).__name__}") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _ask(self, question: str, contexts: Sequence[str]) -> str:
        passages = "\n\n".join(f"[{n}] {text}" for n, text in enumerate(contexts, start=1))
        raw = await self._client.chat.completions.with_raw_response.create(
            model=self._model,
            temperature=0,
            messages=[
                {"role": "system", "content": _INSTRUCTION},
                {"role": "user", "content": f"Passages:\n\n{passages}\n\nQuestion: {question}"},
            ],
        )
        return _Completion.model_validate_json(raw.content).choices[0].message.content


def configured_writer(settings: Settings) -> Writer | None:
    """Return the writer that the settings ask for, or None where answers are extracted."""
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    # The client refuses to start without a key, a local server does not look at it.
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
    return ChatWriter(str(settings.llm_base_url), settings.llm_model, key, settings.llm_timeout_s)
