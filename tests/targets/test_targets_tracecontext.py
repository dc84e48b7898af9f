"""The trace that goes along with a question."""

from support.asking import CASE, ask_case, echo, http, serving

from rag_eval.targets.tracecontext import traceparent


def test_each_question_carries_its_trace() -> None:
    """The W3C header is made of the run and the case, so that the service's trace is found again."""
    app, came = echo()
    with serving(app) as url:
        ask_case(http(url), run_key="run-1")
        ask_case(http(url))
    assert came[0]["headers"]["traceparent"] == traceparent("run-1", CASE.id)
    assert "traceparent" not in came[1]["headers"]
