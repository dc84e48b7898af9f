"""The metrics of RAGAs as they are declared."""

import pytest

from rag_eval.metrics.ragas import specs
from rag_eval.metrics.spec import MetricSpec
from rag_eval.plugins import METRICS

OFFERED = [spec for spec in vars(specs).values() if isinstance(spec, MetricSpec)]


def test_each_stands_in_the_catalogue() -> None:
    """Under its own name, and none is declared in vain."""
    named = [name for name, where in METRICS.builtin.items() if where.startswith(f"{specs.__name__}:")]
    assert sorted(spec.name for spec in OFFERED) == sorted(named)


@pytest.mark.parametrize("spec", OFFERED, ids=lambda spec: spec.name)
def test_what_reads_no_answer_speaks_of_retrieval(spec: MetricSpec) -> None:
    """And then a question without an answer of the system is 0, as is one for which nothing was retrieved."""
    of_retrieval = "response" not in spec.needs
    assert (spec.subject == "retrieval") == spec.applies_to_nothing == of_retrieval
    assert not of_retrieval or spec.unanswered == "zero"


@pytest.mark.parametrize("spec", OFFERED, ids=lambda spec: spec.name)
def test_a_metric_that_a_refusal_decides_counts_unanswered_questions(spec: MetricSpec) -> None:
    """One that does not apply to refusals says nothing of a question that got no answer either."""
    assert spec.refusals != "decides" or spec.unanswered == "zero"
    assert spec.refusals != "apart" or spec.unanswered == "apart"
