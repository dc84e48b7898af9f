"""What is sent for a prompt: what langchain-openai itself would send."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr
from support.judge_server import Fault, JudgeServer

from rag_eval.judges.openai.habits import METHODS
from rag_eval.judges.openai.requests import ChatRequests, environment_proxy

KEY = "sk-of-the-judge"


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
    settings = {"seed": 3, "temperature": 0.0, "max_retries": 0, **more}
    return ChatOpenAI(model="m", base_url=server.url, api_key=SecretStr(KEY), **settings)


async def send(server: JudgeServer, prompt: str, method: str) -> None:
    """Ask as a judge does."""
    requests = ChatRequests(lambda client, most: chat_model(server, http_client=client, max_completion_tokens=most))
    async with aclosing(requests):
        await requests.send(prompt, EntitiesList, method, 99)


async def by_langchain(server: JudgeServer, prompt: str, method: str) -> None:
    """Ask as LangChain does."""
    model = chat_model(server, max_completion_tokens=99)
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
        await send(server, prompt, method)

    with Recorder() as server:
        asyncio.run(ask(server))
        theirs, ours = server.bodies
    assert ours == theirs
    assert ours["messages"] == [{"role": "user", "content": prompt}]


def test_half_a_character_can_be_sent() -> None:
    """A broken letter of somebody's text does not keep its score from being made."""
    with Recorder() as server:
        asyncio.run(send(server, "half \ud83d of it", "json_schema"))
        assert server.bodies[0]["messages"][0]["content"] == "half \ud83d of it"


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://api.example/v1", None),
        ({"HTTPS_PROXY": "http://gate:3128"}, "https://api.example/v1", "http://gate:3128"),
        ({"HTTPS_PROXY": "http://gate:3128"}, "http://api.example/v1", None),
        ({"ALL_PROXY": "gate:3128"}, "http://api.example:8080/v1", "http://gate:3128"),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": "api.example"}, "https://api.example/v1", None),
        ({"HTTPS_PROXY": "http://gate:3128", "NO_PROXY": ".example"}, "https://api.example:8443/v1", None),
        ({"HTTP_PROXY": "http://gate:3128", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:8000/v1", None),
    ],
)
def test_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    """By scheme, or for all; a host that is excepted is asked directly."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy(url) == proxy
