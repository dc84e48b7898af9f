"""Chat requests: what langchain-openai would send, made once for each shape and sent by the openai client as it is.

`ChatOpenAI` knows how each method asks for a shape, and which parameters a model takes. It gives the body once; a
request then differs in its prompt alone, so neither LangChain's runnables nor the client's walk through the schema
stand between two requests, which was most of their time. The answer is read once, as JSON.
"""

import json
from collections.abc import Mapping
from typing import Any

import openai
from langchain_core.messages import HumanMessage
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from rag_eval.judges.openai.completion import Completion

_PATH = "/chat/completions"
_OF_LANGCHAIN = frozenset({"ls_structured_output_format"})
"""What a bound model has for LangChain's own tracing."""


class ChatRequests:
    """Sends prompts for replies of a shape, by one of the methods, to a model."""

    def __init__(self, model: ChatOpenAI) -> None:
        self._model = model
        self._client: openai.AsyncOpenAI = model.root_async_client
        self._bodies: dict[tuple[type[BaseModel], str, int], tuple[bytes, bytes]] = {}

    async def send(self, prompt: str, response_model: type[BaseModel], method: str, max_tokens: int) -> Completion:
        """Ask; raises the openai client's errors, and `ValueError` and its like for what is no completion."""
        key = (response_model, method, max_tokens)
        if key not in self._bodies:
            self._bodies[key] = self._split(self._body(*key))
        before, after = self._bodies[key]
        content = b"".join((before, json.dumps(prompt).encode(), after))
        return Completion.read(await self._client.post(_PATH, content=content, cast_to=object))

    def _body(self, response_model: type[BaseModel], method: str, max_tokens: int) -> dict[str, Any]:
        """The body of a request without a prompt."""
        bound: Mapping[str, Any] = {}
        if method != "text":
            # As a schema and not as a class, so that what the endpoint is shown is the same for every release.
            strict = method == "json_schema"
            schema = convert_to_openai_function(response_model, strict=True) if strict else response_model
            bound = self._model.with_structured_output(schema, method=method).first.kwargs
        settings = {name: value for name, value in bound.items() if name not in _OF_LANGCHAIN}
        body: dict[str, Any] = self._model._get_request_payload(  # noqa: SLF001 - the one way to have it without sending
            [HumanMessage("")], **settings, max_completion_tokens=max_tokens
        )
        return {name: value for name, value in body.items() if name != "stream"}

    @staticmethod
    def _split(body: dict[str, Any]) -> tuple[bytes, bytes]:
        """A body as JSON, before and after the prompt."""
        (message,) = body["messages"]
        rest = {name: value for name, value in body.items() if name != "messages"}
        role = json.dumps(message["role"])
        return (
            json.dumps(rest)[:-1].encode() + f', "messages": [{{"role": {role}, "content": '.encode(),
            b"}]}",
        )
