"""Functions under Langfuse's decorator, with its wrapper of OpenAI's SDK."""

import os
from collections.abc import Iterator

os.environ |= {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk", "LANGFUSE_HOST": "http://127.0.0.1:1"}

import hotel
from langfuse import Langfuse, observe

provider = hotel.tracing()
Langfuse(tracer_provider=provider)
from langfuse.openai import openai

client = openai.OpenAI(base_url=hotel.model_url(), api_key="x", max_retries=0)


@observe(as_type="retriever")
def retrieve(question: str) -> list[dict[str, str]]:
    """Find passages."""
    return [{"id": key, "content": hotel.PASSAGES[key]} for key in hotel.search(question)]


def _messages(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": hotel.prompt([each["id"] for each in retrieve(question)], question)}]


@observe()
def answer(question: str, effort: str = "medium") -> str:
    """Answer at once."""
    return client.chat.completions.create(model="m", messages=_messages(question)).choices[0].message.content


@observe()
def stream(question: str) -> Iterator[str]:
    """Answer piece by piece."""
    for chunk in client.chat.completions.create(model="m", messages=_messages(question), stream=True):
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


hotel.ask_all(lambda question: list(stream(question)) if question == hotel.STREAMED else answer(question))
provider.force_flush()
os._exit(0)  # its own exporter would wait for a server that is not there
