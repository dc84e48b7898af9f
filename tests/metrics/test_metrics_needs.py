"""A metric speaks only of the cases that have what it needs."""

import asyncio
from typing import Any

import pytest
from pydantic import JsonValue

from rag_eval import metrics
from rag_eval.errors import JudgeError
from rag_eval.metrics import Nobody, why_not
from rag_eval.metrics.needs import _WHY
from rag_eval.metrics.overall import VERSION
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
ALL = tuple(_WHY)


class Mine:
    """A metric of one's own."""

    name, version, needs, higher_is_better, bounded = "mine", "1", ("response",), True, True

    def __init__(self, judge: Any, embedder: Any) -> None:
        self.given = (judge, embedder)


def test_what_came_and_could_not_be_used() -> None:
    """Says why, instead of that nothing came; metadata of other making is none of that."""
    unknown = Answer(response="x", metadata={UNKNOWN: {"retrieved_contexts": "contexts came without their text"}})
    assert why_not(("retrieved_contexts",), CASE, unknown) == "contexts came without their text"
    assert why_not(("retrieved_context_ids",), CASE, unknown) == _WHY["retrieved_context_ids"]
    others: tuple[JsonValue, ...] = ("no", {"retrieved_contexts": 1})
    for other in others:
        answer = Answer(response="x", metadata={UNKNOWN: other})
        assert why_not(("retrieved_contexts",), CASE, answer) == _WHY["retrieved_contexts"]


def test_with_everything_there_it_applies() -> None:
    """A latency of 0 seconds is a latency."""
    assert why_not(ALL, CASE, ANSWER) is None
    assert why_not((), CASE, Answer()) is None


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
        assert why_not(ALL, CASE.model_copy(update={field: value}), ANSWER) == _WHY[field]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("response", None, "the answer has no text"),
        ("response", "  ", "the answer has no text"),
        ("retrieved_contexts", None, "no contexts came with the answer"),
        ("retrieved_contexts", (), "nothing was retrieved"),
        ("retrieved_context_ids", None, "no context ids came with the answer"),
        ("retrieved_context_ids", (), None),
        ("latency_s", None, "the time it took is not known"),
    ],
)
def test_what_an_answer_lacks_is_said(field: str, value: Any, why: str | None) -> None:
    """An empty ranking is a result of retrieval, an empty list of texts gives a judge nothing to read."""
    assert why_not(ALL, CASE, ANSWER.model_copy(update={field: value})) == why


def test_fields_nobody_thought_of() -> None:
    """A metric of one's own may need any field; one that does not exist is an error."""
    assert why_not(("tags",), CASE, ANSWER) == "tags is empty"
    assert why_not(("tags",), CASE.model_copy(update={"tags": ("a",)}), ANSWER) is None
    with pytest.raises(AttributeError):
        why_not(("colour",), CASE, ANSWER)


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
    (metric,) = metrics.connect([name], Nobody(), Nobody())
    assert (metric.name, {*metric.needs}) == (name, needs)
    assert (metric.higher_is_better, metric.bounded) == ((False, False) if name == "latency" else (True, True))


def test_latency_is_what_was_measured() -> None:
    """The score is the time of the answer in seconds."""
    (metric,) = metrics.connect(["latency"], Nobody(), Nobody())
    answer = ANSWER.model_copy(update={"latency_s": 1.25})
    assert asyncio.run(metric.score(CASE, answer)) == Score(value=1.25)


def test_metrics_come_in_the_order_of_the_experiment() -> None:
    """Also those of one's own, which are given the judge and the embedder."""
    judge, embedder = Nobody(), Nobody()
    found = metrics.connect(["latency", f"{__name__}:Mine", "mrr"], judge, embedder)
    assert [metric.name for metric in found] == ["latency", "mine", "mrr"]
    assert isinstance(found[1], Mine)
    assert found[1].given == (judge, embedder)


def test_versions_of_a_run() -> None:
    """Every metric has one; `overall` joins them where both of its parts are measured."""
    names = ["faithfulness", "context_recall", "latency"]
    found = metrics.versions(metrics.connect(names, Nobody(), Nobody()))
    assert [*found] == [*names, "overall"]
    assert found["overall"] == VERSION
    assert "overall" not in metrics.versions(metrics.connect(names[1:], Nobody(), Nobody()))


def test_nobody_answers() -> None:
    """Where only versions are wanted, asking is an error and not a wait."""
    for call in (Nobody().reply("p", Case), Nobody().embed(["a"])):
        with pytest.raises(JudgeError) as caught:
            asyncio.run(call)
        assert caught.value.reason == "no_judge"
