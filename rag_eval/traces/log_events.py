"""What was recorded in log events beside a span, such as messages of a model, joined to the span that it is about."""

from collections.abc import Iterable

from rag_eval.traces.span import NOTE, TraceSpan
from rag_eval.traces.span_tree import by_start


def attached(spans: Iterable[TraceSpan]) -> list[TraceSpan]:
    """The spans with the messages that came apart from them; what belongs to none of them stays by itself."""
    notes = [span for span in spans if span.kind == NOTE and span.parent and (span.messages or span.answer)]
    if not notes:
        return list(spans)
    apart = {id(note) for note in notes}
    kept = [span for span in spans if id(span) not in apart]
    about: dict[str | None, list[TraceSpan]] = {}
    for note in by_start(notes):
        about.setdefault(note.parent, []).append(note)
    joined = [_joined(span, about.pop(span.id)) if span.id in about and span.kind != NOTE else span for span in kept]
    return [*joined, *(note for notes in about.values() for note in notes)]


def _joined(span: TraceSpan, notes: list[TraceSpan]) -> TraceSpan:
    messages = span.messages or tuple(message for note in notes for message in note.messages)
    asked = next((text for speaker, text in reversed(messages) if speaker == "user"), None)
    return span._replace(
        kind=span.kind or "LLM",
        messages=messages,
        question=span.question or asked,
        answer=span.answer or next((note.answer for note in reversed(notes) if note.answer), None),
        conversation=span.conversation or next((note.conversation for note in notes if note.conversation), None),
    )
