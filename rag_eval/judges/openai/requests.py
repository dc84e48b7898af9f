"""Chat requests as langchain-openai makes them, sent without its weight.

`ChatOpenAI` and the openai client know how each method asks for a shape, which parameters a model takes, and who is let
in by which headers. They are asked once for each shape, of a prompt that stands for all, and what they would send is
kept; a request then differs from it in its prompt alone. It goes out by aiohttp, and the answer is read once.
Runnables, walks through the schema and two layers of client were three quarters of a call.
"""

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai
from langchain_core.utils.function_calling import convert_to_openai_function
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from yarl import URL

from rag_eval.judges.openai.completion import Completion
from rag_eval.judges.openai.errors import StatusError

_SUCCESS = range(200, 300)
_PROMPT = "the-prompt-of-this-request"
_NOTHING: Mapping[str, Any] = {
    "id": "none",
    "object": "chat.completion",
    "created": 0,
    "model": "none",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}],
}
"""What the client is answered when its request is only recorded."""
_OF_THE_CONNECTION = frozenset({"accept-encoding", "connection", "content-length", "host"})
"""Headers that whoever sends a request sets."""

ModelFactory = Callable[[httpx2.Client, int], ChatOpenAI]
"""Makes the model that requests are recorded of, from its client and the most tokens of a reply."""


@dataclass(frozen=True)
class RequestTemplate:
    """A request whose prompt is left open."""

    url: URL
    headers: Mapping[str, str]
    before: bytes
    after: bytes

    def body(self, prompt: str) -> bytes:
        """The JSON of a request."""
        return b"".join((self.before, json.dumps(prompt).encode(), self.after))


class ChatRequests:
    """Sends prompts for replies of a shape, by one of the methods, to a model."""

    def __init__(self, make_model: ModelFactory) -> None:
        self._make_model = make_model
        self._templates: dict[tuple[type[BaseModel], str, int], RequestTemplate] = {}
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None

    def forget(self) -> None:
        """Record requests anew, as the model is made otherwise from now on."""
        self._templates.clear()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def send(self, prompt: str, response_model: type[BaseModel], method: str, max_tokens: int) -> Completion:
        """Ask; raises `StatusError`, aiohttp's errors, and `ValueError` and its like for what is no completion."""
        key = (response_model, method, max_tokens)
        if key not in self._templates:
            self._templates[key] = self._record(*key)
        template = self._templates[key]
        session = self._session or self._open(str(template.url))
        async with session.post(
            template.url,
            data=template.body(prompt),
            headers=template.headers,
            proxy=self._proxy,
            allow_redirects=False,
        ) as response:
            text = await response.text(errors="replace")
            if response.status not in _SUCCESS:
                raise StatusError(response.status, response.headers, text)
            return Completion.read(text, response.headers)

    def _open(self, url: str) -> aiohttp.ClientSession:
        """The connections; certificates and proxies are those that the environment names."""
        connector = aiohttp.TCPConnector(limit=0, ssl=httpx2.create_ssl_context() if url[:5] == "https" else True)
        # Who waits for how long is said around each call.
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(None), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._proxy = environment_proxy(url)
        return self._session

    def _record(self, response_model: type[BaseModel], method: str, max_tokens: int) -> RequestTemplate:
        """What the client would send; nothing is sent, so nothing is waited for."""
        requests: list[httpx2.Request] = []

        def keep(request: httpx2.Request) -> httpx2.Response:
            requests.append(request)
            return httpx2.Response(200, json=_NOTHING)

        with openai.DefaultHttpxClient(transport=httpx2.MockTransport(keep)) as client:
            model: Any = self._make_model(client, max_tokens)
            if method != "text":
                # As a schema and not as a class, so that the endpoint is shown the same by every release.
                strict = method == "json_schema"
                schema = convert_to_openai_function(response_model, strict=True) if strict else response_model
                model = model.with_structured_output(schema, method=method, include_raw=True)
            model.invoke(_PROMPT)
        (request,) = requests
        before, after = request.content.split(json.dumps(_PROMPT).encode())
        headers = {name: value for name, value in request.headers.items() if name not in _OF_THE_CONNECTION}
        return RequestTemplate(URL(str(request.url), encoded=True), headers, before, after)


def environment_proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL, None if it names none or excepts the host."""
    address = urllib.request.Request(url)  # noqa: S310 - only taken apart
    if urllib.request.proxy_bypass(address.host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(address.type) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
