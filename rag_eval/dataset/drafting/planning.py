"""What drafting by a model will take, before anything is paid: its calls and tokens, by the prompts it will get."""

from dataclasses import dataclass, field
from itertools import islice

from rag_eval.dataset.drafting.asking import Kind, answers_prompt, draft_prompt, follows_prompt
from rag_eval.dataset.drafting.drafter import LOOKED_AT, DraftRequest, DraftTry, tries
from rag_eval.dataset.drafting.passage_index import PassageIndex

REFUSED = 0.1
"""Share of drafts that a model makes in vain, as nothing is to be asked or a check fails."""
_LETTERS_A_TOKEN = 4.0
_LETTERS_A_WIDE_TOKEN = 1.2
"""Of scripts other than Latin."""
_QUESTION, _ANSWER, _QUOTES = "q" * 90, "a" * 120, "c" * 180
"""As long as what models mostly write."""
_DRAFT_REPLY, _VERDICT_REPLY = 110, 35
"""Tokens of a reply."""


@dataclass
class DraftPlan:
    """What is expected; a model that is often refused takes more, one that repeats itself is given up."""

    questions: int
    """How many there will be at most."""
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    kinds: dict[Kind, int] = field(default_factory=dict)
    """How many of each will be tried first."""


def plan(index: PassageIndex, wanted: DraftRequest) -> DraftPlan:
    """The calls for the first questions that would be tried, each with its checks, and some more for those in vain."""
    first = list(islice(tries(index, wanted), wanted.questions))
    plan_ = DraftPlan(questions=len(first))
    for attempt in first:
        prompts = [draft_prompt(attempt.kind, attempt.asker, attempt.passages, attempt.turn), *_checks(index, attempt)]
        plan_.calls += len(prompts)
        plan_.prompt_tokens += sum(map(tokens, prompts))
        plan_.completion_tokens += _DRAFT_REPLY + _VERDICT_REPLY * (len(prompts) - 1)
        plan_.kinds[attempt.kind] = plan_.kinds.get(attempt.kind, 0) + 1
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        setattr(plan_, name, round(getattr(plan_, name) * (1 + REFUSED)))
    return plan_


def tokens(text: str) -> int:
    """About how many tokens a model takes a text for."""
    wide = sum(ord(letter) > 0x2FF for letter in text)  # noqa: PLR2004 - where the Latin letters of Unicode end
    return round((len(text) - wide) / _LETTERS_A_TOKEN + wide / _LETTERS_A_WIDE_TOKEN)


def _checks(index: PassageIndex, attempt: DraftTry) -> list[str]:
    if attempt.kind == "unanswerable":
        near = index.search(attempt.passages[0].text[:200], LOOKED_AT)
        return [answers_prompt(_QUESTION, passage.text) for passage in near]
    return [follows_prompt(_ANSWER, _QUOTES, _QUESTION), follows_prompt(_ANSWER, _QUESTION, "")]
