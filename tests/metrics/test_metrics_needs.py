"""A metric speaks only of the cases that have what it needs."""

from typing import Any

import pytest
from pydantic import JsonValue

from rag_eval.metrics import MetricSpec, find_spec, why_not
from rag_eval.metrics.needs import WHY
from rag_eval.records import UNKNOWN, Answer, Case, Score

CASE = Case(
    id="c1",
    user_input="When?",
    reference="At nine.",
    reference_contexts=("It leaves at nine.",),
    reference_context_ids=("p1",),
)
ANSWER = Answer(
    response="At nine.", retrieved_contexts=("t",), retrieved_context_ids=("p1",), latency_s=0.0, first_token_s=0.0
)
ALL = tuple(WHY)


class Length:
    """Counts letters."""

    async def score(self, _: Case, answer: Answer) -> Score:
        """The number of letters."""
        return Score(value=float(len(answer.response or "")))


def spec(*needs: str, **facts: Any) -> MetricSpec:
    """A metric that needs some fields."""
    return MetricSpec("mine", "1", needs, build=lambda _: Length(), **facts)


def test_what_came_and_could_not_be_used() -> None:
    """Says why, instead of that nothing came; metadata of other making is none of that."""
    unknown = Answer(response="x", metadata={UNKNOWN: {"retrieved_contexts": "contexts came without their text"}})
    assert why_not(spec("retrieved_contexts"), CASE, unknown) == "contexts came without their text"
    assert why_not(spec("retrieved_context_ids"), CASE, unknown) == WHY["retrieved_context_ids"]
    others: tuple[JsonValue, ...] = ("no", {"retrieved_contexts": 1})
    for other in others:
        answer = Answer(response="x", metadata={UNKNOWN: other})
        assert why_not(spec("retrieved_contexts"), CASE, answer) == WHY["retrieved_contexts"]


def test_with_everything_there_it_applies() -> None:
    """A latency of 0 seconds is a latency."""
    assert why_not(spec(*ALL), CASE, ANSWER) is None
    assert why_not(spec(), CASE, Answer()) is None


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("reference", [None, "", " \n"]),
        ("reference_contexts", [None, ()]),
        ("reference_context_ids", [None, ()]),
        ("answerable", [False]),
    ],
)
def test_what_a_case_lacks_is_said(field: str, values: list[Any]) -> None:
    """Nothing, an empty text and an empty list all mean that it is not there."""
    for value in values:
        assert why_not(spec(*ALL), CASE.model_copy(update={field: value}), ANSWER) == WHY[field]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("response", None, "the answer has no text"),
        ("response", "  ", "the answer has no text"),
        ("retrieved_contexts", None, "no contexts came with the answer"),
        ("retrieved_contexts", (), "nothing was retrieved"),
        ("retrieved_context_ids", None, "no context ids came with the answer"),
        ("retrieved_context_ids", (), None),
    ],
)
def test_what_an_answer_lacks_is_said(field: str, value: Any, why: str | None) -> None:
    """An empty ranking is a result of retrieval, an empty list of texts gives a judge nothing to read."""
    assert why_not(spec(*ALL), CASE, ANSWER.model_copy(update={field: value})) == why


def test_a_metric_says_itself_what_only_it_needs() -> None:
    """And a metric of retrieval speaks also of nothing retrieved."""
    untimed = ANSWER.model_copy(update={"latency_s": None, "retrieved_contexts": ()})
    assert why_not(find_spec("latency"), CASE, untimed) == "the time it took is not known"
    assert why_not(spec("retrieved_contexts", applies_to_nothing=True), CASE, untimed) is None


def test_only_some_needs_are_looked_at_where_only_some_are_known() -> None:
    """As before the first question, when there is a case and no answer."""
    without = CASE.model_copy(update={"reference": None})
    assert why_not(spec("response", "reference"), without, Answer(), among=Case.model_fields) == WHY["reference"]
    assert why_not(spec("response", "reference"), CASE, Answer(), among=Case.model_fields) is None


def test_fields_nobody_thought_of() -> None:
    """A metric of one's own may need any field; one that does not exist is an error."""
    assert why_not(spec("tags"), CASE, ANSWER) == "tags is empty"
    assert why_not(spec("tags"), CASE.model_copy(update={"tags": ("a",)}), ANSWER) is None
    with pytest.raises(AttributeError):
        why_not(spec("colour"), CASE, ANSWER)


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("faithfulness", {"user_input", "response", "retrieved_contexts"}),
        ("context_recall", {"user_input", "retrieved_contexts", "reference", "answerable"}),
        ("factual_correctness", {"response", "reference"}),
        ("answer_correctness", {"user_input", "response", "reference"}),
        ("answer_relevancy", {"user_input", "response", "answerable"}),
        ("context_precision", {"user_input", "reference", "retrieved_contexts", "answerable"}),
        ("semantic_similarity", {"reference", "response"}),
        ("hit@3", {"answerable", "reference_context_ids", "retrieved_context_ids"}),
        ("mrr", {"answerable", "reference_context_ids", "retrieved_context_ids"}),
        ("latency", {"latency_s"}),
    ],
)
def test_what_each_metric_needs(name: str, needs: set[str]) -> None:
    """It is known without asking a judge, as validation wants it."""
    metric = find_spec(name)
    assert (metric.name, {*metric.needs}) == (name, needs)
    assert (metric.higher_is_better, metric.bounded) == ((False, False) if name == "latency" else (True, True))
