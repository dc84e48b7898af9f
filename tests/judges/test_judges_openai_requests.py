"""What is sent for a prompt: what langchain-openai itself would send."""

import asyncio
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr
from support.judge_server import Fault, JudgeServer

from rag_eval.judges.openai.backend import METHODS
from rag_eval.judges.openai.requests import ChatRequests


class EntitiesList(BaseModel):
    """Names in a text, with a word for what has none."""

    entities: list[str] = Field(description='Quoted "names", a back\\slash and ünïcode')


class Recorder(JudgeServer):
    """Keeps the bodies of requests, and replies with no names."""

    def __init__(self) -> None:
        super().__init__(lambda _: Fault(content='{"entities": []}'))
        self.bodies: list[dict[str, Any]] = []

    def chat(self, said: dict[str, Any]) -> Any:
        """Keep it, and answer."""
        self.bodies.append(said)
        return super().chat(said)


def chat_model(server: JudgeServer, **more: Any) -> ChatOpenAI:
    """A model behind a server."""
    return ChatOpenAI(model="m", base_url=server.url, api_key=SecretStr("k"), max_retries=0, temperature=0.0, **more)


async def by_langchain(server: JudgeServer, prompt: str, method: str) -> None:
    """Ask as LangChain does."""
    model = chat_model(server, max_completion_tokens=99, seed=3)
    if method == "text":
        await model.ainvoke(prompt)
        return
    strict = method == "json_schema"
    schema = convert_to_openai_function(EntitiesList, strict=True) if strict else EntitiesList
    await model.with_structured_output(schema, method=method, include_raw=True).ainvoke(prompt)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "prompt",
    [
        'Whose? {"title": "EntitiesList", "type": "object"}',
        'A "quoted"\n{"title": "EntitiesList", "type": "object"} — ünïcode 🦆\\',
    ],
)
def test_the_body_is_that_of_langchain(method: str, prompt: str) -> None:
    """Each method asks for a shape as langchain-openai does, whatever the prompt holds."""

    async def ask(server: JudgeServer) -> None:
        await by_langchain(server, prompt, method)
        await ChatRequests(chat_model(server, seed=3)).send(prompt, EntitiesList, method, 99)

    with Recorder() as server:
        asyncio.run(ask(server))
        theirs, ours = server.bodies
    assert ours == {name: value for name, value in theirs.items() if name != "stream"}
    assert ours["messages"] == [{"role": "user", "content": prompt}]


def test_half_a_character_can_be_sent() -> None:
    """A broken letter of somebody's text does not keep its score from being made."""

    async def ask(server: JudgeServer) -> None:
        await ChatRequests(chat_model(server)).send("half \ud83d of it", EntitiesList, "json_schema", 99)

    with Recorder() as server:
        asyncio.run(ask(server))
        assert server.bodies[0]["messages"][0]["content"] == "half \ud83d of it"
