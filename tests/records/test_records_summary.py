"""The words everyone speaks."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from support import samples

from rag_eval.records import (
    Answer,
    Case,
    Failure,
    Movement,
    NotApplicable,
    Outcome,
    Record,
    Reply,
    Score,
    Usage,
    Verdict,
)

_outcome: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_reply: TypeAdapter[Reply] = TypeAdapter(Reply)


def test_every_record_is_tested_here() -> None:
    """A new record cannot be left out of the tests below."""
    assert set(samples.every_record) == set(samples.of_every_kind)


@pytest.mark.parametrize("kind", samples.every_record)
@given(data=st.data())
def test_a_record_survives_json(kind: type[Record], data: st.DataObject) -> None:
    """What is written as JSON is read back as an equal record."""
    record = data.draw(samples.of_every_kind[kind])
    assert kind.model_validate_json(record.model_dump_json()) == record
    assert kind.model_validate(record.model_dump(mode="json")) == record


@pytest.mark.parametrize("kind", samples.every_record)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_a_record_is_frozen_and_strict(kind: type[Record], data: st.DataObject) -> None:
    """No field can be assigned to, and a key that the record does not know is refused."""
    record = data.draw(samples.of_every_kind[kind])
    field = next(iter(kind.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, field, getattr(record, field))
    with pytest.raises(ValidationError, match="Extra inputs"):
        kind.model_validate({**record.model_dump(), "unheard_of": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    """Neither NaN nor infinity gets into a record, not even deep inside its metadata."""
    with pytest.raises(ValidationError, match="finite"):
        Score(value=value)
    with pytest.raises(ValidationError, match="finite"):
        Answer(latency_s=value)
    with pytest.raises(ValidationError, match="finite"):
        Case(id="a", user_input="q", metadata={"deep": [{"down": value}]})
    with pytest.raises(ValidationError, match="finite"):
        Score.model_validate_json('{"value": NaN}')


def test_half_a_character_is_refused() -> None:
    """A text that could not be written to the journal does not become a record."""
    half = "\ud83d"
    with pytest.raises(ValidationError):
        Case(id="a", user_input=half)
    with pytest.raises(ValidationError):
        Case(id="a", user_input="q", metadata={"note": [half]})


def test_a_case_has_an_id_and_a_question() -> None:
    """Neither may be empty."""
    with pytest.raises(ValidationError, match="id"):
        Case(id="", user_input="q")
    with pytest.raises(ValidationError, match="user_input"):
        Case(id="a", user_input="")


@pytest.mark.parametrize(
    "said",
    [
        Score(value=0.5),
        NotApplicable(reason="no reference"),
        Failure(stage="judge", reason="timeout", message="It took too long."),
    ],
)
def test_an_outcome_is_one_of_three(said: Outcome) -> None:
    """Its `kind` alone tells which."""
    assert _outcome.validate_json(said.model_dump_json()) == said
    with pytest.raises(ValidationError, match="kind"):
        _outcome.validate_python({**said.model_dump(), "kind": "answer"})
    with pytest.raises(ValidationError, match="kind"):
        _outcome.validate_python({"value": 1.0})


@pytest.mark.parametrize("said", [Answer(), Failure(stage="target", reason="timeout", message="Too slow.")])
def test_a_reply_is_an_answer_or_a_failure(said: Reply) -> None:
    """Its `kind` alone tells which."""
    assert _reply.validate_json(said.model_dump_json()) == said
    with pytest.raises(ValidationError, match="kind"):
        _reply.validate_python({**said.model_dump(), "kind": "score"})


def test_a_verdict_is_yes_or_no() -> None:
    """A judge that answers 2, or a half, is not believed."""
    for verdict in (2, -1, 0.5):
        with pytest.raises(ValidationError, match="verdict"):
            Verdict.model_validate({"part": "response", "statement": "s", "verdict": verdict})


@pytest.mark.parametrize(
    ("n", "failed", "not_applicable", "coverage"), [(9, 1, 5, 0.9), (0, 4, 0, 0.0), (0, 0, 7, None), (3, 0, 0, 1.0)]
)
def test_coverage_speaks_of_the_cases_that_a_metric_applies_to(
    n: int, failed: int, not_applicable: int, coverage: float | None
) -> None:
    """Failures lower it, cases it does not apply to do not, and with none due there is none."""
    assert samples.metric(n=n, failed=failed, not_applicable=not_applicable).coverage == coverage


def test_a_run_names_the_metrics_that_fall_short() -> None:
    """Only those under the threshold: not one at it, and not one that applies to no case."""
    at = samples.metric("at", n=95, failed=5)
    under = samples.metric("under", n=94, failed=6)
    nowhere = samples.metric("nowhere", n=0, not_applicable=100, mean=None, interval=None)
    assert samples.summary(at, under, nowhere, min_coverage=0.95).short_of_coverage == (under,)


def test_a_movement_is_b_minus_a() -> None:
    """A case that got better has moved up."""
    assert Movement(case_id="a", user_input="q", a=0.25, b=1.0).difference == 0.75


def test_usage_adds_up() -> None:
    """Money where it is known of either; unknown and unknown is not free."""
    one, other = Usage(calls=1, prompt_tokens=2, completion_tokens=3), Usage(calls=4, cost_usd=0.5)
    assert one + other == Usage(calls=5, prompt_tokens=2, completion_tokens=3, cost_usd=0.5)
    assert (one + one).cost_usd is None
