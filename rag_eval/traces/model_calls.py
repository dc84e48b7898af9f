"""Which call of a model in an exchange gave the answer: none that only prepared it, and none that came after."""

import re
from collections.abc import Iterable, Sequence

from rag_eval.traces import message_text, wording
from rag_eval.traces.span import RetrievedDocument, TraceSpan
from rag_eval.traces.span_tree import SpanTree, by_start, or_first

_JUDGING = frozenset({"EVALUATOR", "GUARDRAIL"})
_REFINES = re.compile(r"refin|improv|existing answer|original answer|draft|previous answer", re.IGNORECASE)


def calls(spans: Sequence[TraceSpan], tree: SpanTree) -> list[TraceSpan]:
    """Every call of a model as it began, without those of judges; of a call that was recorded twice the inner span."""
    judges = {span.id for span in spans if span.kind in _JUDGING and span.id}
    models = [span for span in spans if span.kind == "LLM" and not judges.intersection(tree.above(span))]
    answered = tree.innermost([span for span in models if span.answer])
    around = set[str]().union(*map(tree.above, answered)) if answered else set()
    silent = tree.innermost([span for span in models if not span.answer and span.id not in around])
    return by_start([*answered, *silent])


def prompt(call: TraceSpan | None) -> str:
    """Everything that a model was given."""
    if call is None:
        return ""
    return "\n".join(text for _, text in call.messages) or call.question or ""


def answering(
    models: Sequence[TraceSpan],
    documents: Sequence[RetrievedDocument],
    question: str | None,
    searches: Sequence[TraceSpan],
) -> TraceSpan | None:
    """The call that answered, or failed to; None where there is none."""
    spoken = [call for call in models if call.answer or call.error] or [call for call in models if call.question]
    spoken = [call for call in spoken if not _became_a_search(call, searches)]
    if not spoken:
        return None
    passages = [each.text for each in documents if each.text]
    stuffed = [call for call in spoken if wording.standing(passages, prompt(call))]
    if stuffed:
        return _last_of_stuffed(spoken, stuffed)
    if question:
        about = [call for call in spoken if wording.holds(call.question or "", question)]
        return (about or spoken)[-1]
    last_search = max((or_first(search.start) for search in searches), default=float("-inf"))
    final = [call for call in spoken if or_first(call.start) >= last_search] or spoken
    return next((call for call in reversed(final) if not any(_follows(call, each) for each in final)), final[-1])


def _follows(call: TraceSpan, earlier: TraceSpan) -> bool:
    """Whether a call went on from what an earlier one said, which was not the question of this one."""
    asked = message_text.marked_question(call.question or "")
    return call is not earlier and _shows(call, earlier) and not wording.same(asked or "", earlier.answer or "")


def _became_a_search(call: TraceSpan, searches: Sequence[TraceSpan]) -> bool:
    """Whether what a model said was searched for next: it rewrote the question."""
    later = (search for search in searches if search.query and or_first(search.start) >= or_first(call.start))
    return call.answer is not None and any(wording.same(search.query or "", call.answer) for search in later)


def _last_of_stuffed(spoken: Sequence[TraceSpan], stuffed: Sequence[TraceSpan]) -> TraceSpan:
    """The last call that saw passages, unless it looked at an answer; or the one that put several together."""
    final = stuffed[0]
    for call in spoken[spoken.index(stuffed[0]) + 1 :]:
        given = prompt(call)
        seen = [each for each in stuffed if each is not call and _shows(call, each)]
        if (
            len({each.answer for each in seen}) > 1
            or (seen and _REFINES.search(given))
            or (call in stuffed and not seen)
        ):
            final = call
    return final


def _shows(call: TraceSpan, earlier: TraceSpan) -> bool:
    """Whether a call was given what an earlier one said, other than as its own words in a conversation."""
    if not earlier.answer or or_first(earlier.start) > or_first(call.start):
        return False
    given_text = "\n".join(text for speaker, text in call.messages if speaker != "assistant") or call.question or ""
    return wording.holds(given_text, earlier.answer)


def turns(models: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Calls that each answered a question of a conversation: a later one has the earlier answer in its history."""
    ended: list[TraceSpan] = []
    answers: set[str] = set()
    for call in models:
        known = any(wording.letters(text) in answers for speaker, text in call.messages if speaker == "assistant")
        new = not ended or (known and not wording.same(call.question or "", ended[-1].question or ""))
        if call.answer and call.question and new:
            ended.append(call)
            answers.add(wording.letters(call.answer))
    return ended if len(ended) > 1 else []


def number(call: TraceSpan | None) -> int | None:
    """Which question of its conversation a call answered, by what was said before; None where nothing was."""
    asked = sum(speaker == "user" for speaker, _ in call.messages) if call else 0
    return asked if asked > 1 else None


def usage(spans: Sequence[TraceSpan], tree: SpanTree) -> tuple[float | None, float | None]:
    """Tokens that all calls took in and gave out; of one that was recorded twice once, and None where none was."""
    counted = _counted(
        [span for span in spans if span.input_tokens is not None or span.output_tokens is not None], tree
    )
    return _total(span.input_tokens for span in counted), _total(span.output_tokens for span in counted)


def cost(spans: Sequence[TraceSpan], tree: SpanTree) -> float | None:
    """What all calls cost, where that was recorded."""
    return _total(span.cost for span in _counted([span for span in spans if span.cost is not None], tree))


def _counted(spans: Sequence[TraceSpan], tree: SpanTree) -> list[TraceSpan]:
    """Calls of models by themselves; where only spans around them were told, the outermost of those."""
    models = [span for span in spans if span.kind == "LLM"]
    return tree.innermost(models) if models else tree.topmost([span for span in spans if span.kind != "EMBEDDING"])[:1]


def _total(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
