"""What several kinds of targets, or a target and a load test, have in common in what an experiment says of them."""

from typing import Literal

from pydantic import Field

from rag_eval.records import Record

Thinking = Literal["keep", "drop"]
"""What is done with reasoning that stands in an answer; kept, it is counted and said."""


class SelectConfig(Record):
    """Where a service's JSON holds what: JMESPath expressions on the whole response body."""

    response: str = "answer"
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

    ca: str | None = None
    """A file with the certificates of one's own authority; those of the system, or `SSL_CERT_FILE`, if left out."""
    cert: str | None = None
    """Our certificate for mutual TLS, a PEM file; with `key` if the key stands in another."""
    key: str | None = None
    key_password_env: str | None = None
    verify: bool = True


class StreamConfig(Record):
    """An answer that comes in pieces; the time to its first one is kept."""

    kind: Literal["sse", "ndjson"]
    delta: str
    """JMESPath of the piece of text in an event's JSON, such as `choices[0].delta.content`."""
    done: str = "[DONE]"
    """Data of the event that ends a stream."""
    needs_done: bool | Literal["auto"] = "auto"
    """Whether a stream that ends without that event was cut off. `auto`: any sign of the end will do, such as a
    `finish_reason`, and one is demanded where the service's protocol has one or its other streams had one."""
    pieces: Literal["auto", "append", "replace"] = "auto"
    """Whether each piece goes on from the one before, or holds all of the text so far; `auto` looks."""


class BreakerConfig(Record):
    """When a service counts as down: asking pauses then, and goes on when it is back."""

    failures: int = Field(default=5, ge=1)
    """Timeouts, broken connections and statuses from 500 on, in a row, after which asking pauses."""
    recovery: float = Field(default=30.0, gt=0)
    """Seconds until one question is sent to see whether it is back."""
    patience: float = Field(default=600.0, gt=0)
    """Seconds after which the run ends, with exit code 3, to be resumed."""
