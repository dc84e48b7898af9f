"""A refusal is an answer of its own kind: nothing to faithfulness, and right or wrong to correctness."""

import asyncio
from typing import cast

import pytest
from support.scripted import Memory, Scripted, Vectors, asking, backend

from rag_eval import config, metrics
from rag_eval.judges.middleware import CachedJudge
from rag_eval.metrics import MetricSpec, find_spec
from rag_eval.metrics.refusals import RefusalMetric, expects_refusal, refusal_spec
from rag_eval.records import Answer, Case, Failure, NotApplicable, Outcome, Score

CASE = Case(id="c", user_input="When does it open?", reference="It opens at six.")
WITHOUT = CASE.model_copy(update={"answerable": False, "reference": None})
ANSWER = Answer(response="It opens at six.", retrieved_contexts=("It opens at six.",))
REFUSAL = Answer(response="I do not know when it opens.", retrieved_contexts=("It opens at six.",))
YES, NO = Score(value=1.0), Score(value=0.0)
UNKNOWN = Failure(stage="judge", reason="timeout", message="too slow")


def noncommittal(value: int) -> Scripted:
    """A judge that calls every answer committal, or none."""
    return Scripted({"AnswerRelevanceOutput": {"question": "When?", "noncommittal": value}})


def refused(judge: Scripted, response: str, settings: config.RefusalsConfig = config.RefusalsConfig()) -> Score:  # noqa: B008
    """Whether an answer refuses."""
    return cast("Score", asyncio.run(RefusalMetric(judge, settings).score(CASE, Answer(response=response))))


@pytest.mark.parametrize("value", [0, 1])
def test_a_language_model_says_so_by_noncommittal(value: int) -> None:
    """With the sentence that refuses and what was asked as evidence."""
    judge = noncommittal(value)
    found = refused(judge, "I do not know when it opens. Ask at the desk.")
    assert found.value == value
    assert [v.statement for v in found.evidence.verdicts] == ["I do not know when it opens."] * value
    assert len(judge.asked) == len(found.evidence.prompts) == 1


def test_it_is_the_first_call_of_answer_relevancy() -> None:
    """A run that measures both pays for it once: the first of its three samples."""
    judge, memory = noncommittal(0), Memory()
    kept = CachedJudge(backend(judge), memory)

    async def both() -> None:
        await RefusalMetric(asking(kept)).score(CASE, ANSWER)
        vectors = Vectors({"When does it open?": [1.0, 0.0], "When?": [1.0, 0.0]})
        [relevancy] = metrics.connect([find_spec("answer_relevancy")], asking(kept, vectors))
        await relevancy.score(CASE, ANSWER)

    asyncio.run(both())
    assert len(judge.asked) == 3


def test_phrases_of_the_service_are_refusals_without_asking() -> None:
    """Whatever their case, and however they are broken into lines."""
    judge = noncommittal(0)
    settings = config.RefusalsConfig(phrases=("please contact support",))
    found = refused(judge, "Please\ncontact  SUPPORT for this.", settings)
    assert (found.value, found.evidence.verdicts[0].reason) == (1.0, "holds 'please contact support'")
    assert not judge.asked
    assert refused(judge, "It opens at six.", settings).value == 0.0
    assert len(judge.asked) == 1


def says_no(text: str) -> bool:
    """Somebody's own idea of a refusal."""
    return text.startswith("NO:")


def test_a_function_takes_the_judges_place() -> None:
    """Nobody is asked, and another function is another version."""
    settings = config.RefusalsConfig(use=f"{__name__}:says_no")
    judge = noncommittal(1)
    assert [refused(judge, text, settings).value for text in ("NO: never", "I do not know.")] == [1.0, 0.0]
    assert not judge.asked
    assert refusal_spec(settings).version != refusal_spec().version


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (CASE, False),
        (WITHOUT, True),
        (CASE.model_copy(update={"reference": "The handbook does not say."}), True),
        (CASE.model_copy(update={"reference": None}), False),
    ],
)
def test_what_has_no_answer_should_be_refused(case: Case, *, expected: bool) -> None:
    """Because the case says so, or because its reference does."""
    assert expects_refusal(case) == expected


FAITHFULNESS, RELEVANCY, FACTUAL, CORRECTNESS = map(
    find_spec, ("faithfulness", "answer_relevancy", "factual_correctness", "correctness")
)


@pytest.mark.parametrize("metric", [FAITHFULNESS, RELEVANCY])
def test_claims_are_not_spoken_of_where_there_are_none(metric: MetricSpec) -> None:
    """A refusal is neither faithful nor unfaithful, whether or not it is right."""
    for case in (CASE, WITHOUT):
        assert metrics.settled(metric, case, YES) == NotApplicable(reason="refused")
        assert metrics.settled(metric, case, NO) is None


@pytest.mark.parametrize("metric", [CORRECTNESS, FACTUAL])
def test_refusing_is_right_where_there_is_no_answer(metric: MetricSpec) -> None:
    """Else who refuses what is hard would win; and an answer to what has none is wrong."""
    found = {
        (case.answerable, outcome.value): metrics.settled(metric, case, outcome)
        for case in (CASE, WITHOUT)
        for outcome in (YES, NO)
    }
    values = {key: outcome.value if isinstance(outcome, Score) else None for key, outcome in found.items()}
    assert values == {(True, 1.0): 0.0, (True, 0.0): None, (False, 1.0): 1.0, (False, 0.0): 0.0}


@pytest.mark.parametrize(
    ("refused", "settled"), [(None, None), (NotApplicable(reason="no text"), None), (UNKNOWN, UNKNOWN)]
)
def test_what_is_not_known_settles_nothing(refused: Outcome | None, settled: Outcome | None) -> None:
    """But where the judge failed to say, nothing that depends on it has a value either."""
    assert metrics.settled(FAITHFULNESS, CASE, refused) == settled
    assert metrics.settled(find_spec("context_recall"), CASE, refused) is None


def test_ragas_own_value_stands_beside() -> None:
    """As evidence: nothing that a metric came to by itself is lost."""
    found = metrics.beside(NotApplicable(reason="refused"), Score(value=0.25))
    assert found.kind == "not_applicable"
    assert found.evidence.details == {"value_by_ragas": 0.25}
    assert metrics.beside(NotApplicable(reason="refused"), UNKNOWN) == NotApplicable(reason="refused")
