"""An OpenAI-compatible server on loopback that plays a chat model and an embeddings model, with faults on demand.

`python llm_server.py PORT SECONDS` runs it as a process that takes so long for each answer, for load tests.
"""

import asyncio
import json
import sys
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

Fault = Literal["none", "hang", "500", "429", "400", "garbage", "empty", "cut", "hang later"]


@dataclass
class Model:
    """What the models do next, and what they were asked."""

    fault: Fault = "none"
    seconds: float = 0.0
    says: str = "It is as the passages say."
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)

    @property
    def app(self) -> FastAPI:
        """The server."""
        app = FastAPI()
        app.post("/v1/chat/completions")(self._chat)
        app.post("/v1/embeddings")(self._embed)
        return app

    async def _chat(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        await self._take_time(request)
        if self.fault in ("500", "429", "400"):
            return JSONResponse({"error": {"message": "secret of the model"}}, int(self.fault))
        if self.fault == "garbage":
            return Response("<html>", media_type="text/html")
        if asked.get("stream"):
            return StreamingResponse(self._pieces(), media_type="text/event-stream")
        said = "" if self.fault == "empty" else self.says
        return JSONResponse(
            {
                "id": "c",
                "object": "chat.completion",
                "created": 1,
                "model": asked["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}],
                "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
            }
        )

    async def _take_time(self, request: Request) -> None:
        while self.fault == "hang" and not await request.is_disconnected():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.seconds)

    async def _pieces(self) -> AsyncIterator[str]:
        words = [] if self.fault == "empty" else self.says.split(" ")
        for n, word in enumerate(words):
            if n == 2 and self.fault == "cut":
                return
            if n == 2 and self.fault == "hang later":
                await asyncio.sleep(3600)
            yield _chunk({"content": word if n == 0 else f" {word}"})
        yield _chunk({}, finish="stop")
        yield _chunk(None, usage={"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18})
        yield "data: [DONE]\n\n"

    async def _embed(self, request: Request) -> Response:
        asked = await request.json()
        self.embedded += asked["input"]
        await self._take_time(request)
        if self.fault != "none":
            return JSONResponse({"error": {"message": "no"}}, 500)
        data = [
            {"object": "embedding", "index": n, "embedding": _vector(text)} for n, text in enumerate(asked["input"])
        ]
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        return JSONResponse({"object": "list", "model": asked["model"], "data": data, "usage": usage})


def _chunk(delta: dict[str, str] | None, finish: str | None = None, usage: dict[str, int] | None = None) -> str:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    said = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": choices, "usage": usage,
    }  # fmt: skip
    return f"data: {json.dumps(said)}\n\n"


def _vector(text: str) -> list[float]:
    """Bags of letters' triples: near for texts that share spelling, and the same each time."""
    vector = [0.0] * 64
    for start in range(max(1, len(text) - 2)):
        vector[zlib.crc32(text[start : start + 3].lower().encode()) % 64] += 1.0
    return vector


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(Model(seconds=float(sys.argv[2])).app, port=int(sys.argv[1]), log_level="warning", access_log=False)
