"""What every client of the tests has in common: passages, a search, the questions, an exporter and the model's address.

The truth of a question is what `search` finds, and what the model says: `The answer to "…" is yes.`, or nothing at all.
"""

import os
import re
from collections.abc import Callable, Iterable

PASSAGES = {
    "d1": "Dogs are welcome in the Lighthouse Hotel; each dog costs 12 euros per night.",
    "d2": "Breakfast is served from 7:00 until 10:30 in the Harbour Room.",
    "d3": "The outdoor pool is heated to 27 degrees, warm enough for all, and does close at 21:00.",
    "d4": "Check-out is at 11:00; late check-out until 14:00 costs 25 euros.",
}
QUESTIONS = (
    "Are dogs welcome in the hotel?",
    "Is the outdoor pool warm?",
    "Please break now: is breakfast late?",
    "Xyzzy?",
)
"""A plain one, one whose answer is streamed, one at which the model breaks, one to which nothing is found."""
STREAMED, BREAKS = QUESTIONS[1], "break now"


def search(question: str) -> list[str]:
    """Ids of the passages that share the most long words with a question, at most two."""
    words = set(re.findall(r"\w{4,}", question.lower()))
    shared = {key: len(words & set(re.findall(r"\w{4,}", text.lower()))) for key, text in PASSAGES.items()}
    return sorted((key for key in PASSAGES if shared[key]), key=lambda key: -shared[key])[:2]


def prompt(keys: Iterable[str], question: str) -> str:
    """What the model is given."""
    passages = "\n".join(PASSAGES[key] for key in keys)
    return f"Answer from the passages only.\n\nPassages:\n{passages}\n\nQuestion: {question}"


def reply(text: str) -> str:
    """What the model says to a prompt; raises RuntimeError where it breaks."""
    question = text.rsplit("Question:", 1)[-1].strip()
    if BREAKS in question:
        raise RuntimeError("the model broke as asked")
    return f'The answer to "{question}" is yes.'


def model_url() -> str:
    """Where the stand-in of OpenAI's API listens."""
    return os.environ["MODEL_URL"]


def tracing() -> object:
    """A provider that exports each span over OTLP/HTTP as soon as it ends."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def ask_all(ask: Callable[[str], object]) -> None:
    """Ask every question; what breaks is a request that failed."""
    for question in QUESTIONS:
        try:
            ask(question)
        except Exception as error:
            print("failed:", type(error).__name__, flush=True)
