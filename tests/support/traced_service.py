"""A RAG service that hides its contexts in the answer and tells of them by OpenTelemetry, with the lines of the docs.

Run as `opentelemetry-instrument python traced_service.py PORT`; `tracing` is the module that docs/capture.md shows.
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from tracing import answer, retrieve  # type: ignore[import-not-found]

app = FastAPI()


class Query(BaseModel):
    """A question."""

    query: str


def passages(question: str) -> list[dict[str, str | float]]:
    """What is found for a question, best first."""
    return [
        {"id": f"page-{rank}", "content": f"Passage {rank} about: {question}", "score": 1.0 / rank}
        for rank in (1, 2, 3)
    ]


def reply(question: str) -> str:
    """The answer to a question."""
    return f"It is so: {question}"


def _respond(question: str) -> str:
    retrieve(question, passages)
    return reply(question)


@app.post("/query")
def query(asked: Query) -> dict[str, str]:
    """Answer a question; what was retrieved does not leave the service but in its traces."""
    return {"answer": str(answer(asked.query, _respond))}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
