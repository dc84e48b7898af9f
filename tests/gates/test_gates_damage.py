"""Known ways to spoil an answer: each changes what it says, and nothing else."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_eval.gates.damage import DAMAGES, Damage
from rag_eval.language.refusals import refusal
from rag_eval.records import Answer, Case

BY_NAME = {damage.name: damage for damage in DAMAGES}
OF_CONTEXTS = frozenset({"drop_gold", "bury_gold", "other_contexts", "stale"})
CASE = Case(id="c", user_input="What does the ferry cost?", reference="12 pounds.", reference_context_ids=("fares",))
ANSWER = Answer(
    response="The ferry is 12 pounds for adults. Dogs travel free on the ferry.",
    retrieved_contexts=("The fare is 12 pounds, 6 for children.", "Dogs travel free.", "The ferry sails at 8."),
    retrieved_context_ids=("fares", "dogs", "times"),
    latency_s=0.5,
)
OTHER = Answer(
    response="The harbour office is open from 9 to 5.",
    retrieved_contexts=("Open from 9 to 5.",),
    retrieved_context_ids=("office",),
)
REFUSAL = Answer(response="I don't know.", retrieved_contexts=("Open from 9 to 5.",), retrieved_context_ids=("office",))


def spoilt(name: str, answer: Answer = ANSWER, case: Case = CASE, seed: int = 0) -> Answer | None:
    """An answer spoilt in one way."""
    return BY_NAME[name].apply(case, answer, [OTHER, REFUSAL], np.random.default_rng(seed))


def text(answer: Answer | None) -> str:
    """What an answer says."""
    assert answer is not None
    assert answer.response is not None
    return answer.response


_texts = st.text(alphabet="ab is 07.,\nnot%[]é犬", max_size=40) | st.sampled_from(["I don't know.", ANSWER.response])
_contexts = st.none() | st.lists(_texts, max_size=3).map(tuple)
_answers = st.builds(
    Answer,
    response=st.none() | _texts,
    retrieved_contexts=_contexts,
    retrieved_context_ids=_contexts,
    latency_s=st.just(1.0),
)
_cases = st.builds(
    Case,
    id=st.just("c"),
    user_input=st.just("q"),
    reference_contexts=_contexts,
    reference_context_ids=_contexts,
    answerable=st.booleans(),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@given(case=_cases, answer=_answers, others=st.lists(_answers, max_size=3), seed=st.integers(0, 9))
def test_only_what_is_named_changes_and_the_same_way_for_the_same_seed(
    damage: Damage, case: Case, answer: Answer, others: list[Answer], seed: int
) -> None:
    """Texts or contexts differ, never both, nor anything else; None where nothing would."""
    first, second = (damage.apply(case, answer, others, np.random.default_rng(seed)) for _ in range(2))
    assert first == second
    if first is None:
        return
    assert first != answer
    fields = ("retrieved_contexts", "retrieved_context_ids") if damage.name in OF_CONTEXTS else ("response",)
    assert first.model_copy(update={field: getattr(answer, field) for field in fields}) == answer
    assert Answer.model_validate(first.model_dump()) == first


def test_a_swapped_answer_is_that_to_another_question() -> None:
    """It is another's text, never a refusal, with the contexts that were there."""
    assert text(spoilt("swap")) == OTHER.response


@given(st.integers(0, 200))
def test_one_number_becomes_another(seed: int) -> None:
    """One number differs, and no other letter of the text."""
    answer = ANSWER.model_copy(update={"response": "From 2024 on it is 1,577.5 pounds [3] on pier A4, or 0.5 euros."})
    before, after = (re.findall(r"\d[\d,.]*", x) for x in (text(answer), text(spoilt("number", answer, seed=seed))))
    assert sum(x != y for x, y in zip(before, after, strict=True)) == 1
    assert (before[2], before[3]) == (after[2], after[3])


@pytest.mark.parametrize(
    ("response", "negated"),
    [
        ("Dogs are allowed and cats are too.", "Dogs are not allowed and cats are too."),
        ("Dogs can not swim here.", "Dogs can swim here."),
    ],
)
def test_the_first_verb_is_negated_or_no_longer(response: str, negated: str) -> None:
    """One `not` comes or goes."""
    assert text(spoilt("negate", Answer(response=response))) == negated


def test_a_truncated_answer_is_half_of_it_in_whole_words() -> None:
    """What is left is how it began."""
    half = text(spoilt("truncate"))
    assert text(ANSWER).startswith(f"{half} ")
    assert len(text(ANSWER)) / 3 < len(half) <= len(text(ANSWER)) / 2


def test_a_foreign_sentence_stands_behind_the_answer() -> None:
    """The answer itself is whole."""
    assert text(spoilt("foreign")) == f"{ANSWER.response} {OTHER.response}"


def test_refusals_come_where_there_is_an_answer_and_inventions_where_there_is_none() -> None:
    """Neither makes a wrong answer right."""
    unanswerable = CASE.model_copy(update={"answerable": False})
    assert refusal(text(spoilt("refuse")))
    assert spoilt("refuse", case=unanswerable) is None
    assert text(spoilt("invent", REFUSAL, unanswerable)) == OTHER.response
    assert spoilt("invent", REFUSAL) is None
    assert spoilt("invent", ANSWER, unanswerable) is None


def test_the_gold_context_goes_or_comes_last_with_its_id() -> None:
    """The others keep their order; without ids the text says which it is."""
    dropped, buried = spoilt("drop_gold"), spoilt("bury_gold")
    assert dropped is not None
    assert dropped.retrieved_context_ids == ("dogs", "times")
    assert dropped.retrieved_contexts == ("Dogs travel free.", "The ferry sails at 8.")
    assert buried is not None
    assert buried.retrieved_context_ids == ("dogs", "times", "fares")
    by_text = Case(id="c", user_input="q", reference_contexts=("the fare is 12 pounds,  6 for children.",))
    plain = ANSWER.model_copy(update={"retrieved_context_ids": None})
    without = spoilt("drop_gold", plain, by_text)
    assert without is not None
    assert without.retrieved_contexts == ("Dogs travel free.", "The ferry sails at 8.")
    assert spoilt("drop_gold", case=Case(id="c", user_input="q")) is None


def test_stale_contexts_have_other_numbers_in_the_same_words() -> None:
    """A number that the answer gives is another wherever it stands; without such a number nothing is stale."""
    stale = spoilt("stale")
    assert stale is not None
    assert stale.retrieved_contexts is not None
    for old, new in zip(ANSWER.retrieved_contexts or (), stale.retrieved_contexts, strict=True):
        assert re.sub(r"\d", "#", old) == re.sub(r"\d", "#", new)
    assert "12" not in stale.retrieved_contexts[0]
    assert spoilt("stale", ANSWER.model_copy(update={"response": "Dogs travel free."})) is None


@pytest.mark.parametrize("name", ["swap", "number", "negate", "truncate", "foreign", "refuse"])
def test_a_refusal_says_nothing_that_could_be_spoilt(name: str) -> None:
    """Nor does an answer without text."""
    assert spoilt(name, REFUSAL) is None
    assert spoilt(name, Answer(response=None)) is None
    assert spoilt(name, Answer(response=" ")) is None
