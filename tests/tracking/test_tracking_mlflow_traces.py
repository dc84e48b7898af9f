"""A case as MLflow's trace: the same for the same journal, and no failure in it is a number."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import samples

from rag_eval.journal import Row
from rag_eval.records import Answer, Case, Evidence, Failure, NotApplicable, Outcome, Reply, Score, Summary, Verdict
from rag_eval.traces.dialects.mlflow import PRIMARY_MARK, REFERENCE_KEY
from rag_eval.tracking.mlflow import traces
from rag_eval.tracking.mlflow.traces import MlflowAssessment, Previews, Trace

_FAILED = Failure(stage="target", reason="timeout", message="No answer in time.")
_SUMMARY = samples.summary(primary="faithfulness", started=1000.0)


def row(reply: Reply | None = None, outcomes: dict[str, Outcome] | None = None, **asked: Any) -> Row:
    """What a run knows of one case."""
    case = Case.model_validate({"id": "c1", "user_input": "When?", **asked})
    return Row(0, case, reply or Answer(response="At noon."), outcomes or {})


def made(*given: Any, summary: Summary = _SUMMARY, **asked: Any) -> Trace:
    """Its trace."""
    return traces.trace("run-1", summary, row(*given, **asked), "When?")


def assessed(metric: str, outcome: Outcome, summary: Summary = _SUMMARY) -> MlflowAssessment:
    """One score of a trace."""
    [assessment] = made(None, {metric: outcome}, summary=summary).assessments
    return assessment


@pytest.mark.parametrize(
    ("name", "expected"),
    [("recall@5", "recall_at_5"), ("faithfulness", "faithfulness"), ("own:score", "own.score"), ("a@b:c", "a_at_b.c")],
)
def test_a_name_is_one_that_mlflow_takes(name: str, expected: str) -> None:
    """It knows neither `@` nor `:`."""
    assert traces.plain(name) == expected


@pytest.mark.parametrize(
    ("metric", "primary", "expected"),
    [
        ("faithfulness", "overall", "faithfulness"),
        ("correctness", "overall", "correctness_score"),
        ("recall@5", "", "recall_at_5"),
    ],
)
def test_no_score_is_taken_for_a_pass_or_a_fail(metric: str, primary: str, expected: str) -> None:
    """Under the name of one of MLflow's own judges its pages would show a number as a text."""
    assert traces.assessment_name(metric, primary) == expected


def test_the_primary_metric_alone_is_marked() -> None:
    """Columns go by the alphabet, in which the mark stands before every letter."""
    names = [traces.assessment_name(name, "recall@5") for name in ("answered", "recall@5", "recall@50")]
    assert [name.startswith(PRIMARY_MARK) for name in names] == [False, True, False]


def test_equal_questions_have_texts_of_their_own() -> None:
    """MLflow pairs rows by them; also of questions that begin alike for a thousand letters."""
    previews = Previews()
    long = "x" * 1500
    cases = [Case(id=f"c{n}", user_input=text) for n, text in enumerate(["Q", "Q", "Q", "R", long + "1", long + "2"])]
    texts = [previews.of(case.id, case.user_input) for case in cases]
    assert texts[:4] == ["Q", "Q [c1]", "Q [c2]", "R"]
    assert len(set(texts)) == len(texts)
    assert all(len(text) <= 1000 for text in texts)


@given(ids=st.lists(st.integers(1, 2000).map(lambda length: "k" * length), min_size=2, max_size=5, unique=True))
def test_no_text_is_longer_than_mlflow_holds(ids: list[str]) -> None:
    """However long the id is that tells it from another."""
    previews = Previews()
    assert all(len(previews.of(key, "y" * 2000)) <= 1000 for key in ids)


def test_the_same_case_is_always_the_same_trace() -> None:
    """Pushed again nothing is there twice; another case, or another run, is another trace."""
    first, again = made(None, {"m": Score(value=0.5)}), made(None, {"m": Score(value=0.5)})
    assert first == again
    other_case, other_run = made(id="c2"), made(summary=_SUMMARY.model_copy(update={"key": "other"}))
    assert len({first.id, other_case.id, other_run.id}) == 3
    assert len({first.spans[0].id, other_case.spans[0].id, other_run.spans[0].id}) == 3
    assert first.id.startswith("tr-")


def test_each_score_has_an_id_of_its_own() -> None:
    """By run, case and metric, and by nothing else: a later score takes the place of a failure."""
    outcomes: dict[str, Outcome] = {"a": Score(value=1.0), "b": _FAILED}
    first, second = made(None, outcomes).assessments
    assert first.id != second.id
    assert assessed("b", Score(value=0.0)).id == second.id


def test_when_and_how_long_are_those_of_the_answer() -> None:
    """In milliseconds; the spans are as long as the answer took, to the nanosecond."""
    trace = made(Answer(response="x", asked_at=5.0, latency_s=1.2345))
    assert (trace.asked, trace.took, trace.scored) == (5000, 1234, 6234)
    root = trace.spans[0]
    assert (root.begins, root.ends - root.begins) == (5_000_000_000, 1_234_500_000)


@pytest.mark.parametrize("reply", [Answer(response="x"), _FAILED])
def test_a_reply_without_a_time_stands_at_the_beginning_of_its_run(reply: Reply) -> None:
    """As no time is known, and never at a time that would change with each push."""
    trace = made(reply)
    assert (trace.asked, trace.took) == (1_000_000, 0)


def test_an_answer_that_was_asked_for_at_nought_is_not_moved() -> None:
    """Nought is a time."""
    assert made(Answer(response="x", asked_at=0.0)).asked == 0


def test_a_failure_is_an_error_in_words() -> None:
    """Of the trace, and of the span in it."""
    trace = made(_FAILED)
    assert trace.answer == "No answer: timeout: No answer in time."
    assert trace.failed
    assert [span.failed for span in trace.spans] == [True]
    assert not made().failed


@pytest.mark.parametrize("response", [None, ""])
def test_an_answer_without_text_is_an_empty_one(response: str | None) -> None:
    """And no failure: an answer came."""
    trace = made(Answer(response=response))
    assert (trace.answer, trace.failed) == ("", False)


def test_a_score_has_two_digits_and_all_of_them() -> None:
    """With more, MLflow's averages are wrong; the exact one stands beside."""
    assessment = assessed("m", Score(value=2 / 3))
    assert (assessment.value, assessment.error) == (0.67, None)
    assert assessment.metadata == {"value": repr(2 / 3), traces.SOURCE_RUN: "run-1"}


def test_a_failure_has_a_code_and_no_value() -> None:
    """Neither 0 nor anything else."""
    assessment = assessed("m", Failure(stage="judge", reason="timeout", message="Slow."))
    assert (assessment.value, assessment.error, assessment.rationale) == (None, ("timeout", "Slow."), None)
    assert "value" not in assessment.metadata


def test_what_does_not_apply_is_left_out() -> None:
    """It is neither a score nor a failure."""
    assert made(None, {"m": NotApplicable(reason="no reference")}).assessments == ()


def test_a_score_says_what_it_rests_on() -> None:
    """A line for each verdict and each detail; without any there is no rationale."""
    yes = Verdict(part="response", statement="It lands.", verdict=1, reason="so")
    no = Verdict(part="response", statement="It flies.", verdict=0)
    evidence = Evidence(verdicts=(yes, no), details={"precision": 0.5})
    assert assessed("m", Score(value=0.5, evidence=evidence)).rationale == (
        "✓ It lands. (response: so)\n✗ It flies. (response: )\nprecision: 0.5"
    )
    assert assessed("m", Score(value=0.5)).rationale is None
    long = Evidence(details={"text": "x" * 9000})
    assert len(assessed("m", Score(value=0.5, evidence=long)).rationale or "") == 4000


@pytest.mark.parametrize(
    ("version", "judge", "embedded", "kind", "name"),
    [
        ("ragas 0.4.3", {"kind": "openai", "model": "gpt-x"}, False, "LLM_JUDGE", "openai gpt-x"),
        ("ragas 0.4.3", {"kind": "custom", "use": "mine:judge"}, False, "LLM_JUDGE", "custom mine:judge"),
        ("ragas 0.4.3", {"kind": "theirs"}, False, "LLM_JUDGE", "theirs"),
        ("judge 1", {"kind": "embedded", "version": "7"}, True, "CODE", "embedded judge 7"),
        ("rag-eval 1", {"kind": "openai", "model": "gpt-x"}, False, "CODE", "rag-eval"),
        ("", {"kind": "openai", "model": "gpt-x"}, False, "CODE", "rag-eval"),
    ],
)
def test_who_gave_a_score_is_named(
    version: str, judge: dict[str, Any], kind: str, name: str, *, embedded: bool
) -> None:
    """A model, the judge inside, or no judge at all where a metric is reckoned; and never `None`."""
    origin = samples.origin(judge=judge, metrics={"m": version} if version else {})
    summary = _SUMMARY.model_copy(update={"origin": origin, "embedded_judge": embedded})
    assert dataclasses.astuple(assessed("m", Score(value=1.0), summary).source) == (kind, name)


@pytest.mark.parametrize(("length", "kept"), [(0, False), (8000, True), (8001, False)])
def test_a_reference_stands_with_the_trace_where_it_has_room(length: int, *, kept: bool) -> None:
    """And in the span in any case; an empty one nowhere."""
    trace = made(reference="x" * length)
    assert (REFERENCE_KEY in trace.metadata) is kept
    assert (REFERENCE_KEY in trace.spans[0].attributes) is bool(length)


def test_what_was_retrieved_is_a_step_of_its_own() -> None:
    """With texts and ids in order; a text whose id is unknown has its place for one."""
    reply = Answer(response="x", retrieved_contexts=("a", "b"), retrieved_context_ids=("f1",))
    root, retrieval = made(reply).spans
    assert (retrieval.parent, retrieval.kind, retrieval.begins) == (root.id, "RETRIEVER", retrieval.ends)
    assert retrieval.attributes["mlflow.spanOutputs"] == [
        {"page_content": "a", "metadata": {"doc_uri": "f1"}, "id": "0"},
        {"page_content": "b", "metadata": {"doc_uri": "1"}, "id": "1"},
    ]


@pytest.mark.parametrize("contexts", [None, ()])
def test_without_contexts_there_is_no_such_step(contexts: tuple[str, ...] | None) -> None:
    """An empty one would be a retriever that nobody knows of."""
    assert len(made(Answer(response="x", retrieved_contexts=contexts)).spans) == 1


def test_attributes_are_json_that_people_can_read() -> None:
    """Each on its own."""
    span = made(Answer(response='né "x"')).spans[0]
    assert span.encoded["mlflow.spanOutputs"] == '"né \\"x\\""'
    assert span.encoded["mlflow.spanType"] == '"CHAIN"'


def test_tags_of_a_case_can_be_looked_for() -> None:
    """Each under a name of its own."""
    assert made(tags=("ferries", "fares")).tags == {"tag.ferries": "yes", "tag.fares": "yes"}


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0), (1.0004, 1000), (1.0006, 1001), (1_795_857_359.999, 1_795_857_359_999)]
)
def test_milliseconds_are_rounded(seconds: float, expected: int) -> None:
    """To whole ones, also far from 1970."""
    assert traces.milliseconds(seconds) == expected
