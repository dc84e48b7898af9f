"""What several kinds of targets, or a target and a load test, have in common in what an experiment says of them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from rag_eval.config.paths import FilePath
from rag_eval.records import Record

_OF_VERCEL = "type == 'text-delta' && delta || null"

Thinking = Literal["keep", "drop"]
"""What is done with reasoning that stands in an answer; kept, it is counted and said."""


class SelectConfig(Record):
    """Where a service's JSON holds what: JMESPath expressions on the whole response body."""

    response: str | None = "answer"
    """Null for a service that searches and answers nothing."""
    retrieved_contexts: str | None = None
    """A list of texts."""
    retrieved_context_ids: str | None = None
    """A list of ids, in the order of the texts."""
    scores: str | None = None
    """A list of numbers, the retriever's, in the order of the texts; kept with the answer."""
    usage: str | None = None
    """An object of token counts; kept with the answer."""
    degraded: str | None = None
    """Whether something stood in for a part of the service that was away; such answers are counted and said."""
    session: str | None = None
    """What the next turn of a conversation must send back, as `{{ session }}`."""
    use: str | None = None
    """`package.module:function` instead: called with the body, it gives an object with the fields above."""
    thinking: Thinking = "keep"
    """Whether what a model thought before it answered, such as `<think>…</think>`, is left out of the answer."""


class TlsConfig(Record):
    """How the service is known, and how it knows us; certificates are checked unless that is switched off."""

    ca: FilePath | None = None
    """A file with the certificates of one's own authority; those of the system, or `SSL_CERT_FILE`, if left out."""
    cert: FilePath | None = None
    """Our certificate for mutual TLS, a PEM file; with `key` if the key stands in another."""
    key: FilePath | None = None
    key_password_env: str | None = None
    verify: bool = True


class StreamConfig(Record):
    """An answer that comes in pieces; the time to its first one is kept."""

    kind: Literal["sse", "ndjson", "text", "vercel"]
    """Server-sent events, a JSON object a line, text as it comes, or the lines `0:"…"` of the Vercel AI SDK 4."""
    delta: str | None = None
    """JMESPath of the piece of text in an event's JSON, such as `choices[0].delta.content`. Without one the data of
    server-sent events are the text itself."""
    done: str = "[DONE]"
    """Data of the event that ends a stream."""
    needs_done: bool | Literal["auto"] = "auto"
    """Whether a stream that ends without that event was cut off. `auto`: any sign of the end will do, such as a
    `finish_reason`, and one is demanded where the service's protocol has one or its other streams had one."""
    pieces: Literal["auto", "append", "replace"] = "auto"
    """Whether each piece goes on from the one before, or holds all of the text so far; `auto` looks."""

    @model_validator(mode="after")
    def _has_pieces(self) -> Self:
        if self.kind == "ndjson" and self.delta is None:
            raise ValueError("`kind: ndjson` needs `delta`, the JMESPath of the piece of text in a line's JSON")
        if self.kind == "text" and self.delta is not None:
            raise ValueError("`kind: text` has no events that `delta` could look into: leave it out")
        return self

    @property
    def piece(self) -> str | None:
        """The path of the piece of text in an event; None where all of its data is text."""
        return self.delta or (_OF_VERCEL if self.kind == "vercel" else None)


class BreakerConfig(Record):
    """When a service counts as down: asking pauses then, and goes on when it is back."""

    failures: int = Field(default=5, ge=1)
    """Timeouts, broken connections and statuses from 500 on, in a row, after which asking pauses."""
    recovery: float = Field(default=30.0, gt=0)
    """Seconds until one question is sent to see whether it is back."""
    patience: float = Field(default=600.0, gt=0)
    """Seconds after which the run ends, with exit code 3, to be resumed."""
